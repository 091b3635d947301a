#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "heddle/error.hpp"
#include "host/io/checked.hpp"
#include "host/io/dataset.hpp"
#include "host/io/types.hpp"
#include "tests/support/paths.hpp"

// Makes small HDF5 files through the C API.
namespace heddle::test {

inline io::Handle new_file(const std::filesystem::path& path) {
    io::LibraryLock lock;
    return io::h5::create_file(path.string(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
}

inline void put(hid_t at, const std::string& name, hid_t stored, hid_t memory, const std::vector<hsize_t>& extents,
                const void* values, hid_t creation = H5P_DEFAULT) {
    io::LibraryLock lock;
    const auto space = io::h5::simple_space(extents);
    const auto links = io::h5::create_properties(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links.get(), 1);
    const auto dataset = io::h5::create_dataset(at, name, stored, space.get(), links.get(), creation, H5P_DEFAULT);
    if (values != nullptr) io::h5::write(dataset.get(), memory, H5S_ALL, H5S_ALL, values);
}

inline void put_attribute(hid_t object, const std::string& name, hid_t stored, hid_t memory,
                          const std::vector<hsize_t>& extents, const void* values) {
    io::LibraryLock lock;
    const auto attribute = io::h5::create_attribute(object, name, stored, io::h5::simple_space(extents).get());
    io::h5::write_attribute(attribute.get(), memory, values);
}

inline io::Handle chunked(const std::vector<hsize_t>& chunk, int gzip = -1) {
    io::LibraryLock lock;
    auto creation = io::h5::create_properties(H5P_DATASET_CREATE);
    H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
    if (gzip >= 0) {
        H5Pset_shuffle(creation.get());
        H5Pset_deflate(creation.get(), static_cast<unsigned>(gzip));
    }
    return creation;
}

template <class T>
std::vector<T> counted(std::size_t count, T first = T{}) {
    std::vector<T> values(count);
    std::iota(values.begin(), values.end(), first);
    return values;
}

inline std::shared_ptr<io::Dataset> open(const std::filesystem::path& file, const std::string& path) {
    return io::Dataset::open(io::InputFile::open(file.string()), path);
}

template <class T>
std::vector<T> read_all(const io::Dataset& dataset) {
    EXPECT_EQ(size_of(dataset.dtype()), sizeof(T));
    std::vector<T> values(static_cast<std::size_t>(dataset.shape().count()));
    dataset.read(Box::whole(dataset.shape()), values.data());
    return values;
}

// The error that `work` throws must be of type E, and its message must hold every one of the parts.
template <class E, class Work>
void expect_error(Work&& work, const std::vector<std::string>& parts) {
    try {
        work();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const E& error) {
        for (const auto& part : parts)
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        EXPECT_FALSE(error.reason().empty()) << error.what();
        EXPECT_FALSE(error.remedy().empty()) << error.what();
    }
}

inline void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_bytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::string> names_in_folder(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace heddle::test
