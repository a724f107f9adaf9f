// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_FUZZ_CALLBACK_ACCOUNT_HPP
#define HOLDFAST_FUZZ_CALLBACK_ACCOUNT_HPP

#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"

#include <holdfast/error.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace fuzz
{
/// Part of a text without end, whose bytes tell where they stand. `size` is at most `pattern_max`.
constexpr std::size_t pattern_max = 70'000;
inline std::string_view pattern(std::size_t from, std::size_t size)
{
    constexpr std::size_t period = 63'001; // 251 times 251
    static const std::string text = []
    {
        std::string all(period + pattern_max, '\0');
        for (std::size_t i = 0; i != all.size(); ++i)
            all[i] = static_cast<char>((i + i / 251) % 251);
        return all;
    }();
    return std::string_view(text).substr(from % period, size);
}

/// Whether `bytes`, of any size, are what the pattern has there.
inline bool is_pattern(std::string_view bytes, std::size_t from)
{
    for (; !bytes.empty(); bytes.remove_prefix(std::min(pattern_max, bytes.size())))
    {
        const auto part = bytes.substr(0, pattern_max);
        if (part != pattern(from, part.size()))
            return false;
        from += part.size();
    }
    return true;
}

/// One connection of a callback protocol: what each side did to it, and what must be true of what
/// comes.
struct callback_account
{
    bool alive = false; // from made to lost
    bool in_made = false;
    bool in_a_call = false; // of the transport

    // What both sides send is a pattern each: its length tells all.
    std::size_t given = 0; // by the peer
    std::size_t got = 0;
    std::size_t written = 0; // at most; by the protocol
    std::size_t came = 0;

    bool paused = false;
    bool reads_since_pause = false;
    bool write_is_paused = false;
    bool has_ended = false; // receive_ended was called

    // What may be why it ends.
    bool sends_no_more = false;
    bool closing = false;
    bool aborted = false;
    bool thrown = false;
    bool peer_ended = false;
    bool peer_closed = false;
    bool peer_reset = false;
    bool service_ends = false;
    bool ends_early = false; // in good order, before it was ready

    /// By the protocol.
    void received(std::string_view bytes)
    {
        is_called();
        check(!closing, "nothing is received after close");
        check(!has_ended, "nothing is received after the end");
        check(!bytes.empty(), "what is received is not empty");
        check(got + bytes.size() <= given && is_pattern(bytes, got),
              "what the peer gave is received in order, once");
        got += bytes.size();
        check(!paused || !reads_since_pause, "one read at most ends after a pause");
        reads_since_pause = true;
    }

    void receive_ended()
    {
        is_called();
        check(!closing, "no end is told after close");
        check(peer_ended, "the end is told when the peer has finished");
        check(!has_ended, "the end is told once");
        check(got == given, "all that the peer gave is received before its end");
        has_ended = true;
    }

    void write_paused(std::size_t unsent, std::size_t limit)
    {
        check(alive && !aborted && !thrown, "a connection that is over calls nothing but lost");
        check(!write_is_paused, "a pause of writing is told once");
        check(unsent > limit, "writing pauses above the limit");
        write_is_paused = true;
    }

    void write_resumed(std::size_t unsent)
    {
        is_called();
        check(write_is_paused, "writing resumes after a pause");
        check(unsent == 0, "writing resumes when all is sent");
        write_is_paused = false;
    }

    /// `last` is what the peer had not taken.
    void lost(holdfast::error_code why, std::string_view last)
    {
        check(alive, "it is lost once");
        check(!in_a_call, "it is lost in no call of its own");
        alive = false;
        taken(last);
        check(is_possible(why), "it is lost for a reason that there was", why.message());
        const bool nothing_cut_it_off = !service_ends && !aborted && !thrown && !peer_ended;
        if (!why && nothing_cut_it_off)
            check(came == written, "all that was written is sent before a close in good order");
    }

    /// By the peer.
    void taken(std::string_view bytes)
    {
        check(came + bytes.size() <= written && is_pattern(bytes, came),
              "what was written comes to the peer in order, once");
        came += bytes.size();
    }

    void pause()
    {
        reads_since_pause = reads_since_pause && paused;
        paused = true;
    }

    /// When nothing more happens by itself.
    void settled(std::size_t unsent) const
    {
        if (!alive)
            return;
        check(!aborted && !thrown, "what ends a connection ends it soon");
        check(!closing || unsent != 0, "a closed connection whose bytes are sent is lost soon");
        if (paused || closing || service_ends)
            return;
        check(!peer_reset || has_ended, "a reset is noticed while it reads");
        check(got == given, "all that the peer gave is received");
        check(has_ended == peer_ended, "the end is told");
    }

    /// When the peer has taken all it can.
    void drained(std::size_t unsent) const
    {
        if (!alive)
            return;
        check(unsent == 0, "a peer that takes gets all", std::to_string(unsent));
        check(came == written || service_ends, "what was written comes to the peer");
        check(!write_is_paused, "writing resumes when all is sent");
    }

private:
    void is_called() const
    {
        check(alive && !aborted && !thrown, "a connection that is over calls nothing but lost");
        check(!in_a_call, "no callback runs in a call of the transport, but write_paused");
    }

    bool is_possible(holdfast::error_code why) const
    {
        namespace asio = boost::asio;
        if (!why)
            return closing || peer_ended || service_ends;
        if (why == asio::error::eof)
            return ends_early;
        if (why == asio::error::connection_aborted)
            return aborted;
        if (why == asio::error::connection_reset)
            return peer_reset;
        if (why == asio::error::broken_pipe)
            return peer_closed;
        if (why == asio::error::operation_aborted)
            return service_ends;
        return why == holdfast::errc::exception_thrown && thrown;
    }
};
}

#endif
