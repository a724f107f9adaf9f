// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RELAY_HPP
#define HOLDFAST_TOOL_RELAY_HPP

#include "dialogue.hpp"
#include "error.hpp"
#include "local_end.hpp"

#include <holdfast/any_stream.hpp>
#include <holdfast/clock.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/time.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace tool
{
/// How connections are relayed.
struct relay_options
{
    tool::dialogue dialogue{};
    std::string command{}; ///< Run on each connection; empty: the standard streams.
    bool crlf = false;
    bool stay_at_end = false; ///< The end of the input changes nothing.
    hf::duration linger = std::chrono::seconds(5);
    std::optional<hf::duration> linger_unheard{}; ///< The same, where the peer cannot be told.
    std::optional<hf::duration> idle_timeout{};
    std::optional<hf::duration> max_age{};
};

/// Carries bytes between each connection and this side, in both directions, with 64 KiB of buffer
/// for each; it reads no faster than it can write. It decides when a connection is of no more use,
/// and never whether there is another.
class relay
{
public:
    /// Why no other connection is wanted.
    enum class ending
    {
        none,
        input_ended,   ///< And what was sent has been answered.
        output_closed, ///< Nobody reads the output any more.
        broken,        ///< The input or the output failed; see `broken_by`.
    };

    /// `end` is this side; null: a command, or the standard streams.
    relay(relay_options options, const asio::any_io_executor& executor,
          std::shared_ptr<local_end> end = nullptr);
    ~relay();

    /// The life of one connection: what a session is.
    asio::awaitable<void> run(hf::stream stream, hf::session& session);

    /// Ends the connection there is, and gives `why` as its reason. False if there is none.
    bool close(error_code why) noexcept;

    ending why_ended() const noexcept { return ending_; }
    error_code broken_by() const noexcept { return broken_by_; }

    /// Bytes that were read on the last connection, and could not be written to it.
    std::size_t dropped() const noexcept { return dropped_; }

private:
    asio::awaitable<error_code> carry(std::string received);
    asio::awaitable<error_code> receive(std::string first);
    asio::awaitable<error_code> send();
    asio::awaitable<error_code> end_of_input();
    asio::awaitable<error_code> watch();
    asio::awaitable<error_code> wait_for_ever();
    void end_with(ending e, error_code ec = {}) noexcept;

    relay_options options_;
    asio::any_io_executor executor_;
    hf::clock& clock_;
    std::shared_ptr<local_end> local_;
    hf::session* session_ = nullptr;
    hf::stream stream_; // here, so that its unsent bytes can be counted after the session's end
    std::unique_ptr<char[]> received_; // both only while there is a connection, and not touched
    std::unique_ptr<char[]> read_;     // further than it needs
    hf::time_point since_{};
    hf::time_point active_{};
    error_code reason_{};       // of our own, to end the connection
    error_code write_failed_{}; // the end of the reading will follow
    std::size_t dropped_ = 0;
    unsigned runs_ = 0; // begun so far
    ending ending_ = ending::none;
    error_code broken_by_{};
};
}

#endif
