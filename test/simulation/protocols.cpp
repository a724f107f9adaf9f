// SPDX-License-Identifier: BSL-1.0
#include "simulation/protocols.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <string>

namespace simulation
{
using namespace std::chrono_literals;
using hf::testing::memory_stream;
using invariants::origin;

namespace
{
/// What any user code does not exceed.
constexpr hf::duration patience = 20s;

constexpr std::string_view bytes = "Pack my box with five dozen liquor jugs.";

std::string_view some(source& chance)
{
    return bytes.substr(0, 1 + chance.below(bytes.size() - 1));
}

/// A run of a protocol, or of a preparation, that the invariants know of.
class running_now
{
public:
    running_now(subject& s, int protocol) : subject_(s), protocol_(protocol)
    {
        s.run_begins(protocol);
    }
    running_now(const running_now&) = delete;
    running_now& operator=(const running_now&) = delete;
    ~running_now() { subject_.run_ends(protocol_); }

private:
    subject& subject_;
    int protocol_;
};

asio::awaitable<void> wait(world& w, hf::duration d)
{
    co_await w.clock.async_wait_until(w.context.get_executor(), w.clock.now() + d,
                                      asio::use_awaitable);
}

/// From inside of what a stop must end, waits for that stop, or for the connection.
asio::awaitable<void> wait_from_inside(subject& s)
{
    if (!s.alive())
        co_return;
    if (s.all().chance.chance(50))
        co_await s.await_stop();
    else
        co_await s.await_connection();
}
}

int factory_called(subject& s)
{
    s.called("factory", origin::service);
    s.all().may_throw(s);
    return s.protocol_made();
}

// A protocol object

object_protocol::object_protocol(subject& s, int number, memory_stream stream)
    : subject_(s)
    , counted_(s.all())
    , number_(number)
    , stream_(std::move(stream))
{
    world& w = s.all();
    if (w.calm)
        return;
    deaf_ = w.chance.chance(w.mood.clinging);
    clinging_ = w.chance.chance(w.mood.clinging);
}

object_protocol::~object_protocol()
{
    subject_.all().note(subject_, "~protocol", number_);
    subject_.may_reenter();
}

void object_protocol::run(any_handler done)
{
    world& w = subject_.all();
    subject_.called("async_run", origin::protocol, number_);
    w.may_throw(subject_);
    done_.swap(done);
    subject_.run_begins(number_);
    if (!w.calm && w.chance.chance(20))
        end_later(w.chance.time(patience), {});
    read();
    write();
}

void object_protocol::close() noexcept
{
    const auto keep = shared_from_this();
    world& w = subject_.all();
    subject_.called("close", origin::protocol, number_);
    if (!deaf_)
        stream_.close();
    else if (w.chance.chance(50))
        end_later(w.chance.time(patience), {});
}

void object_protocol::read()
{
    stream_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](error_code ec, std::size_t)
                            { self->have_read(ec); });
}

void object_protocol::have_read(error_code ec)
{
    if (!done_)
        return; // the run has ended before its last read
    subject_.called("read", origin::protocol, number_);
    if (!ec)
    {
        write();
        return read();
    }
    if (clinging_)
        return end_later(subject_.all().chance.time(patience), ec);
    end(ec == asio::error::eof ? error_code() : ec);
}

void object_protocol::write()
{
    source& chance = subject_.all().chance;
    if (writing_ || chance.chance(50))
        return;
    writing_ = true;
    stream_.async_write_some(asio::buffer(some(chance)),
                             [self = shared_from_this()](error_code, std::size_t)
                             { self->writing_ = false; });
}

void object_protocol::end_later(hf::duration d, error_code ec)
{
    world& w = subject_.all();
    w.clock.async_wait_until(w.context.get_executor(), w.clock.now() + d,
                             [self = shared_from_this(), ec](error_code) { self->end(ec); });
}

void object_protocol::end(error_code ec)
{
    any_handler done;
    done.swap(done_);
    if (!done)
        return; // it has ended
    subject_.called("run ends", origin::protocol, number_);
    subject_.run_ends(number_);
    std::move(done)(ec);
}

// A session

namespace
{
/// One thing that a session does. False: it ends.
asio::awaitable<bool> session_step(subject& s, memory_stream& stream)
{
    world& w = s.all();
    std::array<char, 16> buffer{};
    switch (w.calm ? 0 : w.chance.below(12))
    {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    {
        const auto into = asio::buffer(buffer);
        co_await stream.async_read_some(into, asio::use_awaitable);
        break;
    }
    case 6:
    case 7:
    {
        const auto from = asio::buffer(some(w.chance));
        co_await stream.async_write_some(from, asio::use_awaitable);
        break;
    }
    case 8:
    case 9:
        co_await wait(w, w.chance.time(patience));
        break;
    case 10:
        co_await wait_from_inside(s);
        break;
    default:
        co_return w.chance.chance(50);
    }
    co_return true;
}

/// All that a session does, until it returns or throws.
asio::awaitable<void> converse(subject& s, memory_stream& stream, hf::session* self, int number)
{
    world& w = s.all();
    if (self != nullptr)
    {
        if (!w.calm && w.chance.chance(50))
            co_await wait(w, w.chance.time(patience));
        w.may_throw(s);
        if (w.calm || w.chance.chance(80))
            self->ready();
    }
    for (;;)
    {
        s.called("session", origin::protocol, number);
        w.may_throw(s);
        const bool goes_on = co_await session_step(s, stream);
        if (!goes_on)
            co_return;
    }
}
}

asio::awaitable<void> run_session(subject& s, memory_stream stream, hf::session* self, int number,
                                  counted)
{
    world& w = s.all();
    const running_now running(s, number);
    s.called("session begins", origin::protocol, number);
    std::exception_ptr thrown;
    try
    {
        co_await converse(s, stream, self, number);
    }
    catch (...)
    {
        thrown = std::current_exception();
    }
    if (!w.calm && w.chance.chance(w.mood.clinging)) // a farewell, perhaps a long one
    {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await wait(w, w.chance.time(patience));
    }
    s.called("session ends", origin::protocol, number);
    if (thrown)
        std::rethrow_exception(thrown);
}

// A callback protocol

callbacks::callbacks(subject& s, int number) : subject_(s), counted_(s.all()), number_(number) {}

callbacks::~callbacks()
{
    if (transport_ != nullptr)
        subject_.all().log.violated(subject_.facts().number, "loses_what_was_made_once",
                                    "a protocol was destroyed that was not told of its loss");
    subject_.all().note(subject_, "~protocol", number_);
    subject_.may_reenter();
}

void callbacks::called(std::string_view what)
{
    if (transport_ == nullptr)
        subject_.all().log.violated(subject_.facts().number, "loses_what_was_made_once",
                                    std::string(what) + " was called on a connection that is over");
    subject_.called(what, origin::protocol, number_);
    act();
    subject_.all().may_throw(subject_);
}

void callbacks::act()
{
    world& w = subject_.all();
    if (w.calm || transport_ == nullptr || w.nesting >= 3)
        return;
    ++w.nesting; // a write may tell of a pause, within which is written
    switch (w.chance.below(20))
    {
    case 0:
        transport_->shutdown_send();
        break;
    case 1:
        transport_->close();
        break;
    case 2:
        transport_->abort();
        break;
    case 3:
        transport_->pause_reading();
        break;
    case 4:
    case 5:
        transport_->resume_reading();
        break;
    default:
        if (w.chance.chance(50))
            transport_->write(some(w.chance));
        break;
    }
    --w.nesting;
}

void callbacks::made(hf::transport& t)
{
    if (transport_ != nullptr || was_lost_)
        subject_.all().log.violated(subject_.facts().number, "loses_what_was_made_once",
                                    "a protocol was made twice");
    transport_ = &t;
    subject_.run_begins(number_);
    called("made");
}

void callbacks::received(std::string_view)
{
    called("received");
}

bool callbacks::receive_ended()
{
    if (std::exchange(receive_ended_, true))
        subject_.all().log.violated(subject_.facts().number, "loses_what_was_made_once",
                                    "the end of receiving was told twice");
    called("receive_ended");
    return subject_.all().chance.chance(50);
}

void callbacks::write_paused()
{
    called("write_paused");
}

void callbacks::write_resumed()
{
    called("write_resumed");
}

void callbacks::lost(error_code)
{
    if (transport_ == nullptr)
        subject_.all().log.violated(subject_.facts().number, "loses_what_was_made_once",
                                    "a protocol was lost twice, or before it was made");
    was_lost_ = true;
    subject_.called("lost", origin::protocol, number_);
    transport_ = nullptr;
    subject_.run_ends(number_);
    subject_.all().may_throw(subject_);
}

// Preparations

asio::awaitable<void> run_preparation(subject& s, counted)
{
    world& w = s.all();
    const int number = s.facts().protocols;
    const running_now running(s, number);
    s.called("prepare begins", origin::protocol, number);
    w.may_throw(s);
    if (!w.calm && w.chance.chance(w.mood.clinging))
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    switch (w.calm ? 0 : w.chance.below(5))
    {
    case 0:
        break;
    case 1:
        co_await wait_from_inside(s);
        break;
    default:
        co_await wait(w, w.chance.time(patience));
        break;
    }
    s.called("prepare ends", origin::protocol, number);
    w.may_throw(s);
}

void prepare_at_once(subject& s)
{
    s.called("prepare", origin::service);
    s.all().may_throw(s);
}
}
