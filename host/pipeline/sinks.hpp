#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "heddle/dtype.hpp"
#include "host/array/plan.hpp"
#include "host/io/chunk_encoder.hpp"
#include "host/io/output.hpp"

namespace heddle::pipeline {

// Tiles of a result into a dataset of the output, which is there before the first tile comes.
class DatasetSink : public array::Sink {
public:
    explicit DatasetSink(const io::DatasetSpec& spec)
        : chunks_(io::chunk_for(spec)), encoder_(io::ChunkEncoder::make(spec)) {}
    void attach(io::OutputFile& file, io::OutputDataset dataset) {
        file_ = &file;
        dataset_ = dataset;
    }
    void write(const Box& box, const void* values) override { file_->write(dataset_, box, values); }
    std::optional<Shape> chunks() const override { return chunks_; }
    const io::ChunkEncoder* encoder() const override { return encoder_.get(); }
    void write_encoded(const Box& box, const void* stored) override {
        file_->write_chunks(dataset_, *encoder_, box, static_cast<const std::byte*>(stored));
    }

private:
    std::optional<Shape> chunks_;
    std::shared_ptr<const io::ChunkEncoder> encoder_;
    io::OutputFile* file_ = nullptr;
    io::OutputDataset dataset_;
};

// The values of a small array, or the first and last kEdge positions along each axis of a large one.
struct Preview {
    static constexpr std::int64_t kEdge = 3, kThreshold = 1000;  // NumPy's
    DType dtype = DType::float64;
    Shape shape, kept;
    std::vector<std::byte> values;  // dense, of the shape `kept`
    bool summarised() const { return shape != kept; }
};

// Keeps what a Preview shows; memory does not grow with the array.
class PreviewSink : public array::Sink {
public:
    PreviewSink(DType dtype, const Shape& shape);
    void write(const Box& box, const void* values) override;
    Preview take() { return std::move(preview_); }

private:
    Preview preview_;
};

}  // namespace heddle::pipeline
