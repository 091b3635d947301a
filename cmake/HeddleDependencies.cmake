# Every library comes from the system; nothing is downloaded or vendored.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(HDF5 REQUIRED COMPONENTS C HL)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hwloc REQUIRED IMPORTED_TARGET hwloc)
# What chunks are compressed with.
find_package(BZip2 REQUIRED)
pkg_check_modules(codecs REQUIRED IMPORTED_TARGET libdeflate libisal liblz4 libzstd blosc liblzf)
find_library(HEDDLE_SZ_LIBRARY sz REQUIRED)  # libaec's, which has no pkg-config file in Debian 12

if(HDF5_VERSION VERSION_LESS 1.10.8)
    message(FATAL_ERROR "HDF5 ${HDF5_VERSION} is too old: Heddle needs 1.10.8 or newer (Debian: libhdf5-dev)")
endif()

add_library(heddle_hdf5 INTERFACE)
target_include_directories(heddle_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_compile_definitions(heddle_hdf5 INTERFACE ${HDF5_C_DEFINITIONS})
target_link_libraries(heddle_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES})

add_library(heddle_dependencies INTERFACE)
target_link_libraries(heddle_dependencies INTERFACE
    heddle_hdf5 OpenMP::OpenMP_CXX Threads::Threads ZLIB::ZLIB fmt::fmt tomlplusplus::tomlplusplus
    nlohmann_json::nlohmann_json PkgConfig::hwloc BZip2::BZip2 PkgConfig::codecs "${HEDDLE_SZ_LIBRARY}")

add_library(heddle_cli_dependencies INTERFACE)
target_link_libraries(heddle_cli_dependencies INTERFACE CLI11::CLI11)
