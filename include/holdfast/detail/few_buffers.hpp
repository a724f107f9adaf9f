// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_FEW_BUFFERS_HPP
#define HOLDFAST_DETAIL_FEW_BUFFERS_HPP

#include <boost/asio/buffer.hpp>

#include <array>
#include <cstddef>

namespace holdfast::detail
{
/// The first eight buffers of a sequence that are not empty, in a type that virtual functions take.
template <class Buffer>
class few_buffers
{
public:
    static constexpr std::size_t size_max = 8;

    template <class BufferSequence>
    explicit few_buffers(const BufferSequence& sequence)
    {
        const auto last = boost::asio::buffer_sequence_end(sequence);
        for (auto i = boost::asio::buffer_sequence_begin(sequence); i != last && size_ < size_max;
             ++i)
            if (const Buffer buffer(*i); buffer.size() != 0)
                buffers_[size_++] = buffer;
    }

    const Buffer* begin() const noexcept { return buffers_.data(); }
    const Buffer* end() const noexcept { return buffers_.data() + size_; }
    std::size_t size() const noexcept { return size_; }

    /// The first one; an empty one if there is none.
    const Buffer& front() const noexcept { return buffers_[0]; }

private:
    std::array<Buffer, size_max> buffers_{};
    std::size_t size_ = 0;
};
}

#endif
