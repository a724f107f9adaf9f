// SPDX-License-Identifier: BSL-1.0
#include "leaks/world.hpp"

#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/endpoints/unix.hpp>
#include <holdfast/testing/flaky_server.hpp>
#include <holdfast/testing/scripted_resolver.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

// Attempts on real sockets: what the endpoints do when a dial fails, times out, or is cancelled.

namespace
{
using namespace leaks;
using hf::testing::flaky_server;
using hf::testing::serve_step;
using tcp_stream = hf::tcp::stream_type;
using unix_stream = hf::unix_socket::stream_type;

std::shared_ptr<guest<tcp_stream>> make_guest(tcp_stream s)
{
    return std::make_shared<guest<tcp_stream>>(std::move(s));
}

std::shared_ptr<guest<unix_stream>> make_unix_guest(unix_stream s)
{
    return std::make_shared<guest<unix_stream>>(std::move(s));
}

hf::tcp at(std::uint16_t port, hf::tcp_options o = {})
{
    return {"127.0.0.1", port, o};
}

/// A resolver that answers each lookup alike, and has a record of the last one only.
class same_answer final : public hf::resolver
{
public:
    using answer = std::function<void(hf::testing::scripted_resolver&)>;

    explicit same_answer(answer a) : answer_(std::move(a)) {}
    ~same_answer() override { EXPECT_EQ(pending(), 0U); }

    std::size_t pending() const { return last_ ? last_->pending_lookups() : 0; }

private:
    void resolve(const asio::any_io_executor& executor, std::string host, hf::address_family family,
                 handler done) override
    {
        EXPECT_EQ(pending(), 0U);
        last_ = std::make_unique<hf::testing::scripted_resolver>();
        answer_(*last_);
        last_->async_resolve(executor, std::move(host), family, std::move(done));
    }

    const answer answer_;
    std::unique_ptr<hf::testing::scripted_resolver> last_;
};

const std::string name = "server.example";

same_answer fails()
{
    return same_answer([](auto& r) { r.fail(name, asio::error::host_not_found); });
}

same_answer hangs()
{
    return same_answer([](auto& r) { r.hang(name); });
}

same_answer answers(const std::vector<std::string>& addresses)
{
    return same_answer([=](auto& r) { r.answer(name, addresses); });
}

/// A listener that nobody accepts from and whose queue is full: who connects waits, over TCP in the
/// kernel, over a Unix socket for the next try.
template <class Protocol>
class full_listener
{
public:
    full_listener(asio::io_context& c, typename Protocol::endpoint local) : acceptor_(c)
    {
        acceptor_.open(local.protocol());
        acceptor_.bind(local);
        acceptor_.listen(0);
        const auto to = acceptor_.local_endpoint();
        for (error_code ec; !ec && queued_.size() < 8;)
        {
            auto& one = queued_.emplace_back(c, to.protocol());
            one.native_non_blocking(true);
            if (::connect(one.native_handle(), to.data(), static_cast<socklen_t>(to.size())) != 0)
                ec.assign(errno, boost::system::system_category());
        }
        EXPECT_LT(queued_.size(), 8U) << "the queue does not fill up";
    }

    auto port() const { return acceptor_.local_endpoint().port(); }

private:
    typename Protocol::acceptor acceptor_;
    std::vector<typename Protocol::socket> queued_;
};

using full_tcp = full_listener<asio::ip::tcp>;
using full_unix = full_listener<asio::local::stream_protocol>;

const asio::ip::tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);

/// An abstract Unix socket of this process alone.
std::string abstract(const std::string& what)
{
    return "@holdfast-leaks-" + std::to_string(::getpid()) + '-' + what;
}

TEST(failed_tcp_dials, leave_nothing_where_the_address_refuses)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n, next::kernel);
            flaky_server server(w.context.get_executor());
            server.stop_listening();
            w.fail(asio::error::connection_refused, at(server.port()), make_guest);
        });
}

TEST(failed_tcp_dials, leave_nothing_where_all_addresses_of_a_name_refuse)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n, next::kernel);
            auto resolver = answers({"127.0.0.1", "127.0.0.2", "127.0.0.3"});
            flaky_server server(w.context.get_executor());
            server.stop_listening();
            w.fail(asio::error::connection_refused, hf::tcp(name, server.port()), make_guest,
                   {.resolver = &resolver});
        });
}

TEST(failed_tcp_dials, leave_nothing_where_the_lookup_fails)
{
    expect_nothing_left(
        [](long n)
        {
            auto resolver = fails();
            world(n).fail(asio::error::host_not_found, hf::tcp(name, 1), make_guest,
                          {.resolver = &resolver});
        });
}

TEST(failed_tcp_dials, leave_nothing_where_the_lookup_hangs_until_the_deadline)
{
    expect_nothing_left(
        [](long n)
        {
            auto resolver = hangs();
            world(n).fail(hf::errc::lookup_timed_out, hf::tcp(name, 1), make_guest,
                          {.resolver = &resolver});
            EXPECT_EQ(resolver.pending(), 0U);
        });
}

TEST(failed_tcp_dials, leave_nothing_where_the_lookup_has_a_limit_of_its_own)
{
    expect_nothing_left(
        [](long n)
        {
            auto resolver = hangs();
            world(n).fail(hf::errc::lookup_timed_out, hf::tcp(name, 1, {.timeout = 1s}), make_guest,
                          {.resolver = &resolver});
        });
}

TEST(failed_tcp_dials, leave_nothing_where_the_connect_hangs_until_the_deadline)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            full_tcp server(w.context, any_port);
            w.fail(hf::errc::connect_timed_out, at(server.port()), make_guest);
        });
}

TEST(failed_tcp_dials, leave_nothing_where_the_connect_has_a_limit_of_its_own)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            full_tcp server(w.context, any_port);
            w.fail(hf::errc::connect_timed_out, at(server.port(), {.timeout = 1s}), make_guest);
        });
}

TEST(failed_tcp_dials, leave_nothing_where_all_addresses_of_a_name_hang)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            auto resolver = answers({"127.0.0.1", "127.0.0.1"});
            full_tcp server(w.context, any_port);
            w.fail(hf::errc::connect_timed_out, hf::tcp(name, server.port(), {.timeout = 1s}),
                   make_guest, {.resolver = &resolver});
        });
}

TEST(failed_tcp_dials, leave_nothing_where_the_server_accepts_and_closes)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n, next::kernel);
            flaky_server server(w.context.get_executor());
            server.otherwise(serve_step::close());
            w.fail(asio::error::eof, at(server.port()), make_guest);
        });
}

TEST(failed_tcp_dials, leave_nothing_where_the_server_accepts_and_resets)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n, next::kernel);
            flaky_server server(w.context.get_executor());
            server.otherwise(serve_step::reset());
            w.fail(asio::error::connection_reset, at(server.port()), make_guest);
        });
}

TEST(stopped_tcp_dials, leave_nothing_of_a_lookup)
{
    expect_nothing_left(
        [](long n)
        {
            auto resolver = hangs();
            world(n).stop_in(service_state::dialling, hf::tcp(name, 1), make_guest,
                             {.resolver = &resolver});
        });
}

TEST(stopped_tcp_dials, leave_nothing_of_a_connect)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            full_tcp server(w.context, any_port);
            w.stop_in(service_state::dialling, at(server.port()), make_guest);
        });
}

TEST(stopped_tcp_dials, leave_nothing_of_a_race)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            auto resolver = answers({"127.0.0.1", "127.0.0.1"});
            full_tcp server(w.context, any_port);
            w.stop_in(service_state::dialling, hf::tcp(name, server.port()), make_guest,
                      {.resolver = &resolver});
        });
}

TEST(destroyed_services, leave_nothing_of_a_tcp_dial)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            full_tcp server(w.context, any_port);
            w.destroy_in(service_state::dialling, at(server.port()), make_guest);
        });
}

TEST(failed_unix_dials, leave_nothing_where_nobody_listens)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).fail(asio::error::connection_refused, hf::unix_socket(abstract("nobody")),
                          make_unix_guest);
        });
}

TEST(failed_unix_dials, leave_nothing_where_the_listener_stays_behind)
{
    const std::string path = abstract("behind");
    std::string raw = path;
    raw.front() = '\0';
    expect_nothing_left(
        [&](long n)
        {
            world w(n);
            full_unix server(w.context, raw);
            w.fail(hf::errc::connect_timed_out, hf::unix_socket(path, {.timeout = 100ms}),
                   make_unix_guest);
        });
}

TEST(stopped_unix_dials, leave_nothing_where_the_listener_stays_behind)
{
    const std::string path = abstract("stopped");
    std::string raw = path;
    raw.front() = '\0';
    expect_nothing_left(
        [&](long n)
        {
            world w(n);
            full_unix server(w.context, raw);
            w.stop_in(service_state::dialling, hf::unix_socket(path), make_unix_guest);
        });
}
}
