// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_LOG_END_HPP
#define HOLDFAST_TOOL_RUN_LOG_END_HPP

#include "run/job_end.hpp"

#include <string>

namespace tool
{
/// Writes what comes to the end of a file, whole lines only: the last line of a connection gets its
/// end too. Where the disk takes no more it waits, and so does the peer.
class log_end final : public job_end
{
public:
    /// A line that is longer is written in pieces.
    static constexpr std::size_t line_length_max = 65'536;

    log_end(asio::any_io_executor executor, std::string path, note_sink note);
    ~log_end() override;

    void open() override;
    void close() noexcept override;
    void reopen() override;
    bool connection_ended() noexcept override;

    asio::awaitable<transfer> read(std::span<char> buffer) override;
    asio::awaitable<error_code> write(std::string_view bytes) override;

private:
    error_code write_now(std::string_view& bytes) noexcept;

    asio::any_io_executor executor_;
    std::string path_;
    note_sink note_;
    std::string rest_; // of a line whose end has not come
    int file_ = -1;
};
}

#endif
