#!/usr/bin/python3
"""Writes filters.h5: datasets through filters of libraries that are not HDF5's, by their own plug-ins.

Needs python3-h5py, hdf5-filter-plugin (LZ4, bzip2), hdf5-filter-plugin-blosc-serial and bitshuffle (Debian). Each group is
a filter; the datasets in it are int16, int32 and float64, all with the values of `values`, in chunks with a partial edge.
"""
import os
import sys

import numpy as np

PLUGINS = "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins"
os.environ.setdefault("HDF5_PLUGIN_PATH", ":".join([PLUGINS, *sys.argv[1:]]))

import h5py  # noqa: E402

FILTERS = {"lzf": (32000, ()), "lz4": (32004, (0,)), "lz4_blocks": (32004, (1000,)), "bzip2": (307, (9,)),
           "blosc_lz": (32001, (0, 0, 0, 0, 5, 1, 0)), "blosc_lz4": (32001, (0, 0, 0, 0, 5, 1, 1)),
           "blosc_bits": (32001, (0, 0, 0, 0, 5, 2, 1)), "blosc_zstd": (32001, (0, 0, 0, 0, 5, 1, 5)),
           "bitshuffle": (32008, (0, 0)), "bitshuffle_lz4": (32008, (0, 2)), "bitshuffle_small": (32008, (64, 2))}
COUNT, CHUNK = 1201, 401


def values(dtype):
    """Small steps with some noise; whole numbers, so that every type holds the same."""
    i = np.arange(COUNT, dtype=np.int64)
    return ((i * i // 700) % 900 + (i * 2654435761 % 4294967296 >> 29)).astype(dtype)


def main():
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), "filters.h5")
    with h5py.File(place, "w", libver=("earliest", "v108")) as file:
        for name, (number, options) in FILTERS.items():
            for dtype in ("int16", "int32", "float64"):
                try:
                    file.create_dataset(f"{name}/{dtype}", data=values(dtype), chunks=(CHUNK,), compression=number,
                                        compression_opts=options, track_times=False)
                except (ValueError, OSError) as error:
                    sys.exit(f"{name}: {error}")
    print(os.path.getsize(place), "bytes")


if __name__ == "__main__":
    main()
