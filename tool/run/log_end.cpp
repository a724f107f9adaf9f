// SPDX-License-Identifier: BSL-1.0
#include "run/log_end.hpp"

#include <holdfast/clock.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace tool
{
namespace
{
constexpr auto in_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds next_try{1};

error_code last_error() noexcept
{
    return {errno, boost::system::system_category()};
}

/// Who may read logs is said by the umask.
int opened(const std::string& path) noexcept
{
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                  0640);
}
}

log_end::log_end(asio::any_io_executor executor, std::string path, note_sink note)
    : executor_(std::move(executor))
    , path_(std::move(path))
    , note_(std::move(note))
{
}

log_end::~log_end()
{
    close();
}

void log_end::open()
{
    if (file_ < 0)
        file_ = opened(path_);
    if (file_ < 0)
        throw std::runtime_error(fmt::format("log: {} cannot be opened for writing: {}",
                                             quoted(path_), last_error().message()));
}

void log_end::close() noexcept
{
    static_cast<void>(connection_ended());
    if (file_ >= 0)
        ::close(std::exchange(file_, -1));
}

void log_end::reopen()
{
    if (file_ < 0)
        return; // not started
    const int next = opened(path_);
    if (next < 0)
        return note_(fmt::format("log: {} cannot be opened again: {}; the old file is written on",
                                 quoted(path_), last_error().message()));
    if (file_ >= 0)
        ::close(file_);
    file_ = next;
}

/// What cannot be written here is lost, as there is nobody left to wait.
bool log_end::connection_ended() noexcept
{
    if (!rest_.empty())
    {
        rest_ += '\n';
        std::string_view bytes = rest_;
        if (const auto why = write_now(bytes))
            note_(
                fmt::format("log: the last line for {} is lost: {}", quoted(path_), why.message()));
        rest_.clear();
    }
    return false;
}

asio::awaitable<transfer> log_end::read(std::span<char> /*buffer*/)
{
    const auto [ec] = co_await hf::default_clock(executor_).async_wait_until(
        executor_, hf::time_point::max(), in_tuple);
    co_return transfer{ec, 0};
}

asio::awaitable<error_code> log_end::write(std::string_view bytes)
{
    rest_ += bytes;
    auto end = rest_.rfind('\n') + 1; // 0 if there is none
    if (end == 0 && rest_.size() >= line_length_max)
    {
        rest_ += '\n';
        end = rest_.size();
    }
    auto& clock = hf::default_clock(executor_);
    bool told = false;
    while (end != 0)
    {
        std::string_view lines(rest_.data(), end);
        const auto why = write_now(lines);
        rest_.erase(0, end - lines.size());
        end = lines.size();
        if (!why)
            break;
        if (!std::exchange(told, true))
            note_(fmt::format("log: {} cannot be written: {}; trying again every second",
                              quoted(path_), why.message()));
        const auto [ec] =
            co_await clock.async_wait_until(executor_, clock.now() + next_try, in_tuple);
        if (ec)
            co_return ec;
    }
    co_return error_code();
}

/// Takes from `bytes` what was written.
error_code log_end::write_now(std::string_view& bytes) noexcept
{
    while (!bytes.empty())
    {
        const auto n = ::write(file_, bytes.data(), bytes.size());
        if (n < 0 && errno != EINTR)
            return last_error();
        bytes.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    return {};
}
}
