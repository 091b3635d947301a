#include "host/io/checked.hpp"
#include "host/io/dataset.hpp"

namespace heddle::io {
namespace {

std::string filter_words(int id, const char* stored_name) {
    switch (id) {
        case H5Z_FILTER_DEFLATE:
            return "gzip";
        case H5Z_FILTER_SHUFFLE:
            return "shuffle";
        case H5Z_FILTER_FLETCHER32:
            return "fletcher32";
        case H5Z_FILTER_SZIP:
            return "szip";
        case H5Z_FILTER_NBIT:
            return "nbit";
        case H5Z_FILTER_SCALEOFFSET:
            return "scaleoffset";
        case 32000:
            return "lzf";
        case 32001:
            return "blosc";
        case 32004:
            return "lz4";
        case 32008:
            return "bitshuffle";
        case 32015:
            return "zstd";
        case 32026:
            return "blosc2";
        default:
            return stored_name[0] != '\0' ? stored_name : "filter " + std::to_string(id);
    }
}

std::vector<Filter> filters_of(hid_t creation) {
    const int count = h5::checked("H5Pget_nfilters", H5Pget_nfilters(creation));
    std::vector<Filter> filters;
    for (int i = 0; i < count; ++i) {
        unsigned flags = 0, config = 0;
        std::size_t parameters = 0;
        char name[256] = "";
        auto query = [&](unsigned* values) {
            return h5::checked("H5Pget_filter2", H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &parameters,
                                                                values, sizeof(name) - 1, name, &config));
        };
        query(nullptr);
        Filter filter;
        filter.parameters.resize(parameters);
        filter.id = query(filter.parameters.data());
        filter.name = filter_words(filter.id, name);
        filter.available = H5Zfilter_avail(filter.id) > 0;
        filters.push_back(std::move(filter));
    }
    return filters;
}

bool filters_edges(hid_t creation) {
    unsigned options = 0;
    h5::checked("H5Pget_chunk_opts", H5Pget_chunk_opts(creation, &options));
    return (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) == 0;
}

Shape chunk_of(hid_t creation) {
    hsize_t extents[H5S_MAX_RANK];
    const int rank = h5::checked("H5Pget_chunk", H5Pget_chunk(creation, H5S_MAX_RANK, extents));
    Shape chunk;
    for (int a = 0; a < rank; ++a) chunk.push_back(static_cast<std::int64_t>(extents[a]));
    return chunk;
}

}  // namespace

Storage storage_of(Id dataset) {
    const auto creation = h5::dataset_creation(dataset);
    Storage storage;
    switch (h5::checked("H5Pget_layout", H5Pget_layout(creation.get()))) {
        case H5D_COMPACT:
            storage.layout = Layout::compact;
            break;
        case H5D_CHUNKED:
            storage.layout = Layout::chunked;
            storage.chunk = chunk_of(creation.get());
            storage.filters_edges = filters_edges(creation.get());
            break;
        case H5D_VIRTUAL:
            storage.layout = Layout::virtual_;
            break;
        default:
            storage.layout = h5::checked("H5Pget_external_count", H5Pget_external_count(creation.get())) > 0
                                 ? Layout::external
                                 : Layout::contiguous;
    }
    storage.filters = filters_of(creation.get());
    storage.stored_bytes = H5Dget_storage_size(dataset);
    return storage;
}

}  // namespace heddle::io
