// Writes a small synthetic tomography scan in the Data Exchange layout (dxfile.readthedocs.io): the same bytes each
// time.
#include <hdf5.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Scan {
    std::string file;
    hsize_t frames = 181, rows = 64, columns = 640;
};
constexpr hsize_t kFields = 10;  // flat and dark frames
constexpr double kPi = 3.14159265358979323846;

// Throws when a call of the HDF5 library failed; passes its result on.
template <class T>
T checked(T result, const char* call) {
    if (result < 0) throw std::runtime_error(std::string(call) + " failed");
    return result;
}

// An integer in [0, 2^32) that depends on its arguments alone, so frames need no generator that runs through.
std::uint32_t noise(std::uint64_t a, std::uint64_t b) {
    std::uint64_t x = a * 0x9E3779B97F4A7C15U ^ (b + 0xD1B54A32D192ED03U);
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return static_cast<std::uint32_t>((x ^ (x >> 31)) >> 32);
}

// Roughly normal, mean 0, deviation 1: the sum of four uniform numbers.
double normal(std::uint64_t a, std::uint64_t b) {
    double sum = 0;
    for (std::uint64_t i = 0; i < 4; ++i) sum += noise(a, b * 4 + i) / 4294967296.0;
    return (sum - 2) * std::sqrt(3.0);
}

std::uint16_t count(double expected, std::uint64_t frame, std::uint64_t pixel) {
    const double value = expected + std::sqrt(expected) * normal(frame, pixel);
    return static_cast<std::uint16_t>(std::fmin(std::fmax(std::nearbyint(value), 0.0), 65535.0));
}

double flat(const Scan& scan, hsize_t row, hsize_t column) {
    const double x = static_cast<double>(column) / static_cast<double>(scan.columns) - 0.5;
    const double y = static_cast<double>(row) / static_cast<double>(scan.rows) - 0.5;
    return 30000 * (1 - x * x - 0.5 * y * y);
}

double dark(hsize_t column) { return 96 + static_cast<double>(column % 7); }

// The path of a ray through two cylinders, one on the axis and one that turns around it.
double path(const Scan& scan, hsize_t frame, hsize_t column) {
    const double angle = kPi * static_cast<double>(frame) / static_cast<double>(scan.frames);
    const double x = 2 * static_cast<double>(column) / static_cast<double>(scan.columns) - 1;
    const double inner = x - 0.4 * std::cos(angle);
    const double body = 0.36 * 2 - x * x * 2;
    const double insert = 0.01 - inner * inner;
    return (body > 0 ? std::sqrt(body) : 0) + (insert > 0 ? 8 * std::sqrt(insert) : 0);
}

template <class Expected>
void write_frames(hid_t group, const Scan& scan, const char* name, hsize_t frames, std::uint64_t seed,
                  Expected expected) {
    const hsize_t shape[] = {frames, scan.rows, scan.columns};
    const hsize_t chunk[] = {1, scan.rows, scan.columns};
    const hid_t space = checked(H5Screate_simple(3, shape, nullptr), "H5Screate_simple");
    const hid_t layout = checked(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
    checked(H5Pset_chunk(layout, 3, chunk), "H5Pset_chunk");
    checked(H5Pset_shuffle(layout), "H5Pset_shuffle");
    checked(H5Pset_deflate(layout, 1), "H5Pset_deflate");
    checked(H5Pset_obj_track_times(layout, false), "H5Pset_obj_track_times");
    const hid_t data =
        checked(H5Dcreate2(group, name, H5T_STD_U16LE, space, H5P_DEFAULT, layout, H5P_DEFAULT), "H5Dcreate2");
    const hid_t memory = checked(H5Screate_simple(3, chunk, nullptr), "H5Screate_simple");
    std::vector<std::uint16_t> values(scan.rows * scan.columns);
    for (hsize_t frame = 0; frame < frames; ++frame) {
        for (hsize_t i = 0; i < values.size(); ++i) {
            values[i] = count(expected(frame, i / scan.columns, i % scan.columns), seed + frame, i);
        }
        const hsize_t start[] = {frame, 0, 0};
        checked(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, chunk, nullptr), "H5Sselect_hyperslab");
        checked(H5Dwrite(data, H5T_NATIVE_UINT16, memory, space, H5P_DEFAULT, values.data()), "H5Dwrite");
    }
    checked(H5Sclose(memory), "H5Sclose");
    checked(H5Dclose(data), "H5Dclose");
    checked(H5Pclose(layout), "H5Pclose");
    checked(H5Sclose(space), "H5Sclose");
}

void write_text(hid_t object, const char* name, const std::string& text) {
    const hid_t type = checked(H5Tcopy(H5T_C_S1), "H5Tcopy");
    checked(H5Tset_size(type, text.size()), "H5Tset_size");
    const hid_t space = checked(H5Screate(H5S_SCALAR), "H5Screate");
    const hid_t attribute = checked(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), "H5Acreate2");
    checked(H5Awrite(attribute, type, text.data()), "H5Awrite");
    checked(H5Aclose(attribute), "H5Aclose");
    checked(H5Sclose(space), "H5Sclose");
    checked(H5Tclose(type), "H5Tclose");
}

void write_angles(hid_t group, const Scan& scan) {
    std::vector<float> angles(scan.frames);
    for (hsize_t i = 0; i < scan.frames; ++i) {
        angles[i] = static_cast<float>(180.0 * static_cast<double>(i) / static_cast<double>(scan.frames));
    }
    const hid_t space = checked(H5Screate_simple(1, &scan.frames, nullptr), "H5Screate_simple");
    const hid_t layout = checked(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
    checked(H5Pset_obj_track_times(layout, false), "H5Pset_obj_track_times");
    const hid_t data =
        checked(H5Dcreate2(group, "theta", H5T_IEEE_F32LE, space, H5P_DEFAULT, layout, H5P_DEFAULT), "H5Dcreate2");
    checked(H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, angles.data()), "H5Dwrite");
    write_text(data, "units", "deg");
    checked(H5Dclose(data), "H5Dclose");
    checked(H5Pclose(layout), "H5Pclose");
    checked(H5Sclose(space), "H5Sclose");
}

void write_scan(const Scan& scan) {
    const hid_t file = checked(H5Fcreate(scan.file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), "H5Fcreate");
    const hid_t group = checked(H5Gcreate2(file, "exchange", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "H5Gcreate2");
    const auto transmission = [&](hsize_t frame, hsize_t row, hsize_t column) {
        return dark(column) + flat(scan, row, column) * std::exp(-path(scan, frame, column));
    };
    const auto open_beam = [&](hsize_t, hsize_t row, hsize_t column) { return dark(column) + flat(scan, row, column); };
    const auto no_beam = [](hsize_t, hsize_t, hsize_t column) { return dark(column); };
    write_frames(group, scan, "data", scan.frames, 1, transmission);
    write_frames(group, scan, "data_white", kFields, 1'000'000, open_beam);
    write_frames(group, scan, "data_dark", kFields, 2'000'000, no_beam);
    write_angles(group, scan);
    write_text(file, "description", "synthetic scan of two cylinders, made by heddle_make_scan");
    checked(H5Gclose(group), "H5Gclose");
    checked(H5Fclose(file), "H5Fclose");
}

}  // namespace

int main(int argc, char** argv) {
    Scan scan;
    CLI::App app("Writes a synthetic tomography scan: /exchange/data, data_white, data_dark and theta.");
    app.add_option("OUT", scan.file, "the HDF5 file to write; an old one is replaced")->required();
    app.add_option("--frames", scan.frames, "projections over half a turn")->check(CLI::Range(1, 1 << 20));
    app.add_option("--rows", scan.rows, "rows of the detector")->check(CLI::Range(1, 1 << 16));
    app.add_option("--columns", scan.columns, "columns of the detector")->check(CLI::Range(1, 1 << 16));
    CLI11_PARSE(app, argc, argv);
    try {
        write_scan(scan);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "heddle_make_scan: %s\n", error.what());
        return 1;
    }
}
