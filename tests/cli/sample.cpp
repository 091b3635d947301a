#include "tests/cli/sample.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

void put_text(hid_t object, const std::string& name, const std::string& text) {
    io::LibraryLock lock;
    const auto type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, text.size());
    put_attribute(object, name, type, type, {1}, text.data());
    H5Tclose(type);
}

template <class Use>
void with_dataset(hid_t file, const std::string& name, Use&& use) {
    io::LibraryLock lock;
    const auto dataset = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
    use(dataset);
    H5Dclose(dataset);
}

void put_numbers(hid_t file) {
    const auto a = counted<double>(6);
    put(file, "a", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {2, 3}, a.data());
    const double gain = 2.5;
    with_dataset(file, "a", [&](hid_t dataset) {
        put_attribute(dataset, "gain", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {1}, &gain);
        put_text(dataset, "units", "counts");
    });
    const std::vector<int> b{10, 20, 30};
    put(file, "b", H5T_STD_I32LE, H5T_NATIVE_INT, {3}, b.data());
    const std::vector<double> odd{1, std::nan(""), -std::numeric_limits<double>::infinity(), 4, std::nan("")};
    put(file, "odd", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {5}, odd.data());
    const std::vector<int> big{1, 2, 70000};
    put(file, "bigendian", H5T_STD_I32BE, H5T_NATIVE_INT, {3}, big.data());
    const double one = 7.25;
    put(file, "one", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {}, &one);
    put(file, "none", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {0, 3}, nullptr);
    put(file, "long", H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, {40, 50}, counted<double>(2000).data());
}

void put_special(hid_t file) {
    std::vector<unsigned short> image(4 * 16 * 16);
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<unsigned short>(i % 97 + 100);
    put(file, "scan/image", H5T_STD_U16LE, H5T_NATIVE_USHORT, {4, 16, 16}, image.data(), chunked({1, 16, 16}, 4).get());
    const std::vector<int> key{0, 1, 1, 2};
    put(file, "scan/key", H5T_STD_I32LE, H5T_NATIVE_INT, {4}, key.data());
    const std::vector<short> packed{0, 10, -99, 30};
    put(file, "packed", H5T_STD_I16LE, H5T_NATIVE_SHORT, {4}, packed.data());
    with_dataset(file, "packed", [&](hid_t dataset) {
        const double scale = 0.5, offset = 100;
        const short fill = -99;
        put_attribute(dataset, "scale_factor", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {1}, &scale);
        put_attribute(dataset, "add_offset", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {1}, &offset);
        put_attribute(dataset, "_FillValue", H5T_STD_I16LE, H5T_NATIVE_SHORT, {1}, &fill);
        put_text(dataset, "units", "K");
    });
    io::LibraryLock lock;
    const auto text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 5);
    put(file, "text", text, text, {1}, "hello");
    H5Tclose(text);
}

}  // namespace

void make_samples(const std::filesystem::path& folder) {
    {
        const auto file = new_file(folder / "small.h5");
        put_numbers(file.get());
        put_special(file.get());
    }
    {
        const auto file = new_file(folder / "other.h5");
        const std::vector<double> c{1, 2, 3, 4};
        put(file.get(), "c", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {4}, c.data());
    }
    const auto whole = read_text(folder / "small.h5");
    std::ofstream(folder / "broken.h5", std::ios::binary) << whole.substr(0, whole.size() / 2);
    std::ofstream(folder / "notes.txt") << "no HDF5 file\n";
}

CommandResult Workplace::shell(const std::string& line) const {
    const auto path = command_path().parent_path().string() + ":" + std::getenv("PATH");
    return run_command("/bin/sh", {"-c", line}, {{{"PATH", path}, {"LC_ALL", "C.UTF-8"}}, folder_.path()});
}

void Workplace::write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
}

std::vector<std::string> Workplace::names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string read_bytes_of(const std::filesystem::path& file, const std::string& path) {
    const auto dataset = open(file, path);
    std::string bytes(static_cast<std::size_t>(dataset->shape().count()) * size_of(dataset->dtype()), '\0');
    if (!bytes.empty()) dataset->read(Box::whole(dataset->shape()), bytes.data());
    return bytes;
}

}  // namespace heddle::test
