// SPDX-License-Identifier: BSL-1.0
#include "dns_query.hpp"

#include <holdfast/duration.hpp>

#include "../quoted.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <sys/time.h>

namespace holdfast::detail
{
namespace
{
using namespace std::chrono_literals;

constexpr std::size_t servers_max = 16;
constexpr int rounds_max = 10;

[[noreturn]] void refuse(const std::string& what)
{
    throw std::invalid_argument("dns_options: " + what);
}

/// `192.0.2.1:53`, as c-ares reads it.
std::string server(std::string_view text)
{
    std::string_view host = text, port;
    if (text.starts_with('['))
    {
        const auto end = std::min(text.find(']'), text.size());
        host = text.substr(1, end - 1);
        port = end == text.size() ? std::string_view() : text.substr(end + 1);
    }
    else if (std::ranges::count(text, ':') == 1)
    {
        host = text.substr(0, text.find(':'));
        port = text.substr(host.size());
    }
    std::uint16_t number = 53;
    const auto bad = [&] { refuse("server " + quoted(text) + " is not an address and a port"); };
    if (text.starts_with('[') && text.find(']') == text.npos)
        bad();
    if (!port.empty())
    {
        const auto* const end = port.data() + port.size();
        const auto [rest, failure] = std::from_chars(port.data() + 1, end, number);
        if (port.front() != ':' || failure != std::errc() || rest != end || number == 0)
            bad();
    }
    error_code ec;
    const auto address = asio::ip::make_address(std::string(host), ec);
    if (ec || host.find('\0') != host.npos || (address.is_v6() && address.to_v6().scope_id() != 0))
        bad();
    const auto plain = address.to_string();
    return (address.is_v6() ? '[' + plain + ']' : plain) + ':' + std::to_string(number);
}

void initialise_library()
{
    static const int once = ::ares_library_init(ARES_LIB_INIT_ALL);
    if (once != ARES_SUCCESS)
        throw std::runtime_error(std::string("c-ares: ") + ::ares_strerror(once));
}
}

error_code dns_error(int status) noexcept
{
    switch (status)
    {
    case ARES_SUCCESS:
        return {};
    case ARES_ENODATA:
        return errc::no_address;
    case ARES_ENOTFOUND:
        return asio::error::host_not_found;
    case ARES_ETIMEOUT:
        return errc::lookup_timed_out;
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_ECONNREFUSED:
        return asio::error::host_not_found_try_again;
    case ARES_EBADNAME:
        return errc::invalid_name;
    case ARES_ENOMEM:
        return asio::error::no_memory;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
        return asio::error::operation_aborted;
    default: // malformed answers, servers that know no such question
        return asio::error::no_recovery;
    }
}

dns_settings::dns_settings(const dns_options& o) : options(o)
{
    initialise_library();
    if (o.servers.size() > servers_max)
        refuse(std::to_string(o.servers.size()) + " servers are more than " +
               std::to_string(servers_max));
    for (const auto& s : o.servers)
        servers += (servers.empty() ? "" : ",") + server(s);
    if (o.timeout < 1ms || o.timeout > 1min)
        refuse("timeout " + to_string(o.timeout) + " is not between 1 ms and 1 minute");
    if (o.rounds < 1 || o.rounds > rounds_max)
        refuse("rounds are not from 1 to 10");
    if (o.lookups_max == 0)
        refuse("lookups_max is 0");
}

/// A socket of c-ares. It is c-ares that closes it: this lets go of it before.
struct dns_query::watch
{
    explicit watch(const asio::any_io_executor& e) : descriptor(e) {}
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;
    ~watch() { let_go(); }

    void let_go() noexcept
    {
        if (descriptor.is_open())
            descriptor.release();
    }

    asio::posix::stream_descriptor descriptor;
    bool to_read = false;
    bool to_write = false;
    bool reading = false; // a wait is under way
    bool writing = false;
};

dns_query::dns_query(const asio::any_io_executor& executor, holdfast::clock& c,
                     std::shared_ptr<const dns_settings> settings)
    : executor_(executor)
    , clock_(c)
    , settings_(std::move(settings))
{
}

dns_query::~dns_query()
{
    close();
}

void dns_query::start()
{
    counted_ = settings_->running.fetch_add(1) < settings_->options.lookups_max;
    if (!counted_)
        settings_->running.fetch_sub(1);
    error_code ec = counted_ ? open() : error_code(errc::too_many_lookups);
    if (!ec)
    {
        ask(channel_);
        if (!answered_ && !broken_)
            return go_on();
        ec = broken_ ? broken_ : result_;
    }
    asio::post(executor_,
               [self = shared_from_this(), this, ec]
               {
                   close();
                   if (!std::exchange(done_, true))
                       complete(ec);
               });
}

error_code dns_query::open()
{
    const auto& o = settings_->options;
    ares_options with{};
    with.timeout =
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(o.timeout).count());
    with.tries = o.rounds;
    with.sock_state_cb = &dns_query::state_changed;
    with.sock_state_cb_data = this;
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    char lookups[] = "b";
    if (!settings_->servers.empty()) // those are asked, and nothing of the system
    {
        with.lookups = lookups;
        with.ndomains = 0;
        mask |= ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;
    }
    if (const int status = ::ares_init_options(&channel_, &with, mask); status != ARES_SUCCESS)
    {
        channel_ = nullptr;
        return dns_error(status);
    }
    if (settings_->servers.empty())
        return {};
    return dns_error(::ares_set_servers_ports_csv(channel_, settings_->servers.c_str()));
}

bool dns_query::answered(int status) noexcept
{
    if (answered_ || done_)
        return false;
    answered_ = true;
    result_ = dns_error(status);
    return status == ARES_SUCCESS;
}

/// c-ares has done what it could: waits for what it wants next, or ends.
void dns_query::go_on()
{
    if (done_)
        return;
    if (!answered_ && !broken_)
    {
        for (const auto& w : watches_)
        {
            if (w->to_read && !w->reading)
                wait(w, true);
            if (w->to_write && !w->writing)
                wait(w, false);
        }
        if (!watches_.empty())
            return arm_timer();
        broken_ = asio::error::no_recovery; // nothing is left to wait for
    }
    done_ = true;
    const error_code ec = answered_ ? result_ : broken_;
    close();
    complete(ec);
}

void dns_query::wait(const std::shared_ptr<watch>& w, bool to_read)
{
    (to_read ? w->reading : w->writing) = true;
    w->descriptor.async_wait(to_read ? asio::posix::stream_descriptor::wait_read
                                     : asio::posix::stream_descriptor::wait_write,
                             [self = shared_from_this(), this, w, to_read](error_code)
                             {
                                 (to_read ? w->reading : w->writing) = false;
                                 if (done_ || !w->descriptor.is_open())
                                     return;
                                 const auto socket = w->descriptor.native_handle();
                                 ::ares_process_fd(channel_, to_read ? socket : ARES_SOCKET_BAD,
                                                   to_read ? ARES_SOCKET_BAD : socket);
                                 go_on();
                             });
}

void dns_query::arm_timer()
{
    timeval left{};
    if (::ares_timeout(channel_, nullptr, &left) == nullptr)
        return;
    // A little more, lest it is not yet time by the clock of c-ares, which counts in milliseconds.
    clock_.arm(*this, clock_.now() + std::chrono::seconds(left.tv_sec) +
                          std::chrono::microseconds(left.tv_usec) + 1ms);
}

void dns_query::expired() // with the clock's lock, on any thread
{
    if (auto self = weak_from_this().lock())
        asio::post(executor_,
                   [self = std::move(self), this]
                   {
                       if (done_)
                           return;
                       ::ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
                       go_on();
                   });
}

void dns_query::cancel()
{
    if (std::exchange(done_, true))
        return;
    close();
    asio::post(executor_,
               [self = shared_from_this(), this] { complete(asio::error::operation_aborted); });
}

/// Nothing of it is left in c-ares, in the context and in the clock.
void dns_query::close() noexcept
{
    clock_.disarm(*this);
    if (auto* const channel = std::exchange(channel_, nullptr))
        ::ares_destroy(channel); // which calls back, and closes its sockets
    watches_.clear();
    if (std::exchange(counted_, false))
        settings_->running.fetch_sub(1);
}

void dns_query::state_changed(void* self, ares_socket_t socket, int readable, int writable) noexcept
{
    auto& query = *static_cast<dns_query*>(self);
    try
    {
        query.watch_for(socket, readable != 0, writable != 0);
    }
    catch (const boost::system::system_error& e)
    {
        query.broken_ = e.code();
    }
    catch (const std::bad_alloc&)
    {
        query.broken_ = asio::error::no_memory;
    }
}

void dns_query::watch_for(ares_socket_t socket, bool readable, bool writable)
{
    const auto found = std::ranges::find_if(watches_, [socket](const auto& w)
                                            { return w->descriptor.native_handle() == socket; });
    if (!readable && !writable) // it is about to be closed
    {
        if (found == watches_.end())
            return;
        (*found)->let_go();
        watches_.erase(found);
        return;
    }
    if (found == watches_.end())
    {
        const auto w = std::make_shared<watch>(executor_);
        w->to_read = readable;
        w->to_write = writable;
        watches_.push_back(w);
        w->descriptor.assign(socket);
        return;
    }
    (*found)->to_read = readable;
    (*found)->to_write = writable;
}
}
