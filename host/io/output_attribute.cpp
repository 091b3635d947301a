#include "host/io/output_impl.hpp"
#include "host/io/types.hpp"

namespace heddle::io {
namespace {

constexpr std::size_t kCompactText = 60000;  // an object header message holds 64 KiB; longer text goes to the heap

Handle fresh_attribute(Id object, const std::string& name, Id type, Id space) {
    if (h5::attribute_exists(object, name)) h5::remove_attribute(object, name);
    return h5::create_attribute(object, name, type, space);
}

}  // namespace

void write_text_attribute(Id object, const std::string& name, const std::string& text) {
    const auto type = h5::copy_type(H5T_C_S1);
    h5::status("H5Tset_cset", H5Tset_cset(type.get(), H5T_CSET_UTF8));
    const bool compact = text.size() <= kCompactText;
    h5::status("H5Tset_size", H5Tset_size(type.get(), compact ? text.size() + 1 : H5T_VARIABLE));
    const auto attribute = fresh_attribute(object, name, type.get(), h5::simple_space({}).get());
    const char* pointer = text.c_str();
    h5::write_attribute(attribute.get(), type.get(), compact ? static_cast<const void*>(pointer) : &pointer);
}

void OutputFile::set_attribute(std::optional<OutputDataset> dataset, const std::string& name, const std::string& text) {
    auto& impl = *impl_;
    impl.attempt([&] {
        write_text_attribute(dataset ? impl.entry(*dataset).id.get() : impl.group.get(), name, text);
        impl.check_sink();
    });
}

void OutputFile::set_attribute(std::optional<OutputDataset> dataset, const std::string& name, DType dtype,
                               const Shape& shape, const void* values) {
    auto& impl = *impl_;
    impl.attempt([&] {
        const auto type = native_type(dtype);
        const auto space = h5::simple_space(h5::to_hsize(shape, shape.rank()));
        const auto attribute =
            fresh_attribute(dataset ? impl.entry(*dataset).id.get() : impl.group.get(), name, type.get(), space.get());
        if (shape.count() > 0) h5::write_attribute(attribute.get(), type.get(), values);
        impl.check_sink();
    });
}

}  // namespace heddle::io
