// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/tcp.hpp>

#include <holdfast/endpoints/description.hpp>

#include "dial_fixture.hpp"
#include "endpoints/dial_tcp.hpp"
#include "support/ubsan.hpp"

#include <boost/asio/execution.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <stdexcept>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

namespace holdfast
{
static_assert(endpoint<tcp>);

namespace
{
using namespace std::chrono_literals;
using ip_tcp = asio::ip::tcp;
namespace e = boost::system::errc;

class tcp_dial_test : public dial_fixture
{
protected:
    /// Listens on a port of its own on `address`.
    ip_tcp::acceptor listen(const char* address = "127.0.0.1", unsigned short port = 0)
    {
        return {io_, {asio::ip::make_address(address), port}};
    }

    /// A port on which nobody listens, kept from others while `a` lives.
    static unsigned short port_of(const ip_tcp::acceptor& a) { return a.local_endpoint().port(); }

    /// An address that never answers: a listener whose queue is full.
    struct black_hole
    {
        ip_tcp::acceptor acceptor;
        std::vector<ip_tcp::socket> fillers;
        unsigned short port() const { return acceptor.local_endpoint().port(); }
        std::size_t descriptors() const { return 1 + fillers.size(); }
    };

    black_hole make_black_hole(const char* address = "127.0.0.1")
    {
        black_hole b{ip_tcp::acceptor(io_), {}};
        b.acceptor.open(ip_tcp::v4());
        b.acceptor.bind({asio::ip::make_address(address), 0});
        b.acceptor.listen(0);
        for (int i = 0; i < 2; ++i) // one is taken in, the next one finds the queue full
        {
            auto& s = b.fillers.emplace_back(io_, ip_tcp::v4());
            s.native_non_blocking(true); // and by hand: Asio would wait
            const auto full = b.acceptor.local_endpoint();
            [[maybe_unused]] const int in_progress =
                ::connect(s.native_handle(), full.data(), static_cast<socklen_t>(full.size()));
        }
        return b;
    }

    std::vector<std::pair<std::string, error_code>> failed_addresses() const
    {
        std::vector<std::pair<std::string, error_code>> list;
        list.reserve(report_.addresses.size());
        for (const auto& a : report_.addresses)
            list.emplace_back(a.address, a.code);
        return list;
    }
};

TEST_F(tcp_dial_test, a_literal_address_is_dialled_without_a_lookup_or_a_timer)
{
    auto server = listen();
    auto with = context();
    with.deadline = clock_.now() + 10s; // the owner gives up before the address would
    const auto result = dial(tcp("127.0.0.1", port_of(server)), with);
    EXPECT_EQ(clock_.armed(), 0U);
    finish(result);
    EXPECT_EQ(result->code, error_code());
    EXPECT_EQ(result->stream->remote_endpoint(), server.local_endpoint());
    EXPECT_TRUE(resolver_.lookups().empty());
    EXPECT_EQ(report_.phase, phase::connect);
}

TEST_F(tcp_dial_test, a_race_that_the_first_address_wins_never_has_more_than_one_timer)
{
    auto server = listen();
    resolver_.answer("some.example", {"127.0.0.1", "127.0.0.2", "127.0.0.3"});
    const auto result = dial(tcp("some.example", port_of(server)));
    std::size_t most = clock_.armed();
    while (result->completions == 0 && io_.run_one() != 0)
        most = std::max(most, clock_.armed());
    EXPECT_EQ(most, 1U);
    EXPECT_EQ(clock_.armed(), 0U);
    EXPECT_EQ(result->code, error_code());
}

TEST_F(tcp_dial_test, an_IPv6_literal_is_dialled)
{
    auto server = listen("::1");
    const auto result = dial(tcp("::1", port_of(server)));
    finish(result);
    EXPECT_EQ(result->code, error_code());
}

TEST_F(tcp_dial_test, a_literal_that_refuses_gives_the_error_of_the_system)
{
    const auto port = port_of(listen());
    const auto result = dial(tcp("127.0.0.1", port));
    finish(result);
    EXPECT_EQ(result->code, e::connection_refused);
    EXPECT_TRUE(report_.addresses.empty()) << "there was only one way to try";
}

TEST_F(tcp_dial_test, CS_79_a_literal_that_never_answers_runs_out_of_time_after_30_s)
{
    auto nobody = make_black_hole();
    const auto result = dial(tcp("127.0.0.1", nobody.port()));
    clock_.advance(30s - 1ns);
    settle();
    EXPECT_EQ(result->completions, 0);
    clock_.advance(1ns);
    finish(result);
    EXPECT_EQ(result->code, errc::connect_timed_out);
    EXPECT_EQ(open_sockets(), nobody.descriptors());
}

TEST_F(tcp_dial_test, CS_7F_cancelling_the_connect_of_a_literal_ends_it_and_closes_the_socket)
{
    auto nobody = make_black_hole();
    const auto result = dial(tcp("127.0.0.1", nobody.port()));
    settle();
    result->cancel.emit(asio::cancellation_type::total);
    EXPECT_EQ(result->completions, 0) << "completed inside the cancellation";
    EXPECT_EQ(open_sockets(), nobody.descriptors());
    EXPECT_EQ(clock_.armed(), 0U);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
}

/// Keeps what it is given to execute until the test runs it.
struct held_executor
{
    asio::io_context* context;
    std::deque<std::function<void()>>* held;

    asio::execution_context& query(asio::execution::context_t) const noexcept { return *context; }
    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept
    {
        return asio::execution::blocking.never;
    }
    template <class F>
    void execute(F f) const
    {
        held->push_back([kept = std::make_shared<F>(std::move(f))] { (*kept)(); });
    }
    bool operator==(const held_executor&) const = default;
};

class crossing_test : public tcp_dial_test
{
protected:
    ~crossing_test() override { run_held(); }

    dial_context held_context()
    {
        auto c = context();
        c.executor = held_executor{&io_, &held_};
        return c;
    }

    void run_held()
    {
        while (!held_.empty())
        {
            const auto f = std::move(held_.front());
            held_.pop_front();
            f();
        }
    }

    /// Runs the context until something was handed to the executor.
    void run_until_held()
    {
        io_.restart();
        while (held_.empty())
            io_.run_one_for(20s);
    }

    std::deque<std::function<void()>> held_;
};

TEST_F(crossing_test, CS_7F_a_cancel_that_arrives_with_the_success_of_a_literal_closes_the_socket)
{
    auto server = listen();
    const auto result = dial(tcp("127.0.0.1", port_of(server)), held_context());
    run_until_held(); // the success is on its way
    result->cancel.emit(asio::cancellation_type::terminal);
    run_held();
    EXPECT_EQ(result->completions, 1);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
    EXPECT_EQ(open_sockets(), 1U) << "of the server";
}

TEST_F(crossing_test, CS_7F_a_cancel_that_arrives_with_the_success_of_a_race_closes_all_sockets)
{
    auto server = listen();
    resolver_.answer("crossing.example", {"127.0.0.1"});
    const auto result = dial(tcp("crossing.example", port_of(server)), held_context());
    run_held(); // the lookup
    run_until_held();
    result->cancel.emit(asio::cancellation_type::partial);
    run_held();
    EXPECT_EQ(result->completions, 1);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
    EXPECT_EQ(open_sockets(), 1U) << "of the server";
}

TEST_F(crossing_test, a_time_out_that_arrives_with_the_success_comes_first_and_closes_the_socket)
{
    auto server = listen();
    const auto result = dial(tcp("127.0.0.1", port_of(server)), held_context());
    clock_.advance(30s);
    run_until_held();
    while (held_.size() < 2)
        io_.run_one_for(20s);
    run_held();
    EXPECT_EQ(result->completions, 1);
    EXPECT_EQ(result->code, errc::connect_timed_out);
    EXPECT_EQ(open_sockets(), 1U) << "of the server";
}

TEST_F(tcp_dial_test, CS_78_an_address_that_fails_is_followed_by_the_next_at_once)
{
    auto server = listen("127.0.0.2");
    resolver_.answer("two.example", {"127.0.0.1", "127.0.0.2"});
    const auto result = dial(tcp("two.example", port_of(server)));
    EXPECT_EQ(report_.phase, phase::lookup);
    finish(result); // no time passes
    EXPECT_EQ(result->code, error_code());
    EXPECT_EQ(result->stream->remote_endpoint(), server.local_endpoint());
    EXPECT_EQ(report_.phase, phase::connect);
    const auto first = "127.0.0.1:" + std::to_string(port_of(server));
    EXPECT_EQ(failed_addresses(), (std::vector<std::pair<std::string, error_code>>{
                                      {first, asio::error::connection_refused}}));
}

TEST_F(tcp_dial_test, CS_78_an_address_that_does_not_answer_is_overtaken_after_the_stagger)
{
    auto nobody = make_black_hole("127.0.0.1");
    auto server = listen("127.0.0.2", nobody.port());
    resolver_.answer("slow.example", {"127.0.0.1", "127.0.0.2"});
    const auto result = dial(tcp("slow.example", nobody.port()));
    settle();
    clock_.advance(250ms - 1ns);
    settle();
    EXPECT_EQ(result->completions, 0);
    clock_.advance(1ns);
    finish(result);
    EXPECT_EQ(result->code, error_code());
    EXPECT_EQ(result->stream->remote_endpoint(), server.local_endpoint());
    EXPECT_EQ(open_sockets(), nobody.descriptors() + 2) << "the loser is closed";
}

TEST_F(tcp_dial_test, CS_78_when_all_fail_the_report_has_the_error_and_duration_of_each)
{
    auto nobody = make_black_hole("127.0.0.1");
    const auto port = std::to_string(nobody.port());
    resolver_.answer("all.example", {"127.0.0.1", "127.0.0.2", "::1"});
    const auto result = dial(tcp("all.example", nobody.port()));
    settle();
    clock_.advance(250ms); // ::1, whose turn it is, and then 127.0.0.2
    while (report_.addresses.size() < 2)
        io_.run_one_for(20s);
    clock_.advance(30s - 250ms);
    finish(result);
    EXPECT_EQ(result->code, errc::connect_timed_out);
    EXPECT_EQ(report_.addresses, (std::vector<address_failure>{
                                     {"[::1]:" + port, asio::error::connection_refused, 0s},
                                     {"127.0.0.2:" + port, asio::error::connection_refused, 0s},
                                     {"127.0.0.1:" + port, errc::connect_timed_out, 30s},
                                 }));
}

TEST_F(tcp_dial_test, CS_7F_cancelling_a_race_closes_every_socket)
{
    auto nobody = make_black_hole("127.0.0.1");
    auto server = listen("127.0.0.2", nobody.port());
    resolver_.answer("race.example", {"127.0.0.1", "127.0.0.2"});
    const auto result = dial(tcp("race.example", nobody.port()));
    settle();
    clock_.advance(250ms);
    while (open_sockets() < nobody.descriptors() + 3) // the second is under way
        io_.run_one_for(20s);
    result->cancel.emit(asio::cancellation_type::all);
    EXPECT_EQ(open_sockets(), nobody.descriptors() + 1);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
}

TEST_F(tcp_dial_test, CS_7F_cancelling_a_stuck_lookup_ends_it)
{
    resolver_.hang("stuck.example");
    const auto result = dial(tcp("stuck.example", 80));
    settle();
    result->cancel.emit(asio::cancellation_type::terminal);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
    EXPECT_EQ(report_.phase, phase::lookup);
}

TEST_F(tcp_dial_test, a_stuck_lookup_runs_out_of_time)
{
    resolver_.hang("stuck.example");
    const auto result = dial(tcp("stuck.example", 80, {.timeout = 5s}));
    settle();
    clock_.advance(5s);
    finish(result);
    EXPECT_EQ(result->code, errc::lookup_timed_out);
}

TEST_F(tcp_dial_test, a_lookup_that_fails_gives_its_error)
{
    resolver_.fail("no.example", asio::error::host_not_found);
    const auto result = dial(tcp("no.example", 80));
    finish(result);
    EXPECT_EQ(result->code, asio::error::host_not_found);
    EXPECT_EQ(report_.phase, phase::lookup);
}

TEST_F(tcp_dial_test, CS_7A_a_name_is_looked_up_anew_for_each_dial)
{
    auto old_server = listen("127.0.0.1");
    const tcp endpoint("moving.example", port_of(old_server));
    resolver_.answer("moving.example", {"127.0.0.1"}).answer("moving.example", {"127.0.0.2"});
    finish(dial(endpoint));
    auto new_server = listen("127.0.0.2", port_of(old_server));
    const auto result = dial(endpoint);
    finish(result);
    EXPECT_EQ(result->stream->remote_endpoint(), new_server.local_endpoint());
    EXPECT_EQ(resolver_.lookup_count("moving.example"), 2U);
}

TEST_F(tcp_dial_test, CS_7B_an_internationalised_name_is_looked_up_in_ASCII)
{
    resolver_.fail("xn--bcher-kva.example", asio::error::host_not_found);
    const tcp endpoint("Bücher.example", 80);
    EXPECT_EQ(endpoint.host(), "Bücher.example");
    EXPECT_EQ(endpoint.ascii_host(), "xn--bcher-kva.example");
    const auto result = dial(endpoint);
    finish(result);
    EXPECT_EQ(result->code, asio::error::host_not_found);
}

TEST_F(tcp_dial_test, a_local_address_is_bound_and_restricts_the_family)
{
    auto server = listen("127.0.0.1");
    resolver_.answer("both.example", {"127.0.0.1"});
    const auto result = dial(tcp("both.example", port_of(server), {.bind_address = "127.0.0.5"}));
    finish(result);
    EXPECT_EQ(result->stream->local_endpoint().address().to_string(), "127.0.0.5");
    EXPECT_EQ(resolver_.last().family(), address_family::ipv4);
}

TEST_F(tcp_dial_test, an_address_that_is_not_ours_cannot_be_bound)
{
    const auto result = dial(tcp("127.0.0.1", 80, {.bind_address = "192.0.2.1"}));
    finish(result);
    EXPECT_EQ(result->code, e::address_not_available);
}

int option(int descriptor, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof value;
    EXPECT_EQ(::getsockopt(descriptor, level, name, &value, &length), 0);
    return value;
}

TEST_F(tcp_dial_test, a_connected_socket_has_the_options_that_find_a_dead_peer)
{
    auto server = listen();
    const auto result = dial(tcp("127.0.0.1", port_of(server)));
    finish(result);
    const int s = result->stream->native_handle();
    EXPECT_EQ(option(s, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(s, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPIDLE), 30);
    EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPINTVL), 10);
    EXPECT_EQ(option(s, IPPROTO_TCP, TCP_USER_TIMEOUT), 55'000);
    EXPECT_EQ(::fcntl(s, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC) << "a child process would inherit it";
}

TEST_F(tcp_dial_test, the_detection_of_a_dead_peer_can_be_changed_and_turned_off)
{
    auto server = listen();
    const auto shortest = dial(tcp("127.0.0.1", port_of(server), {.dead_after = 4s}));
    finish(shortest);
    const int s = shortest->stream->native_handle();
    EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPIDLE), 1);
    EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPINTVL), 1);
    EXPECT_EQ(option(s, IPPROTO_TCP, TCP_USER_TIMEOUT), 3'500);

    const auto none =
        dial(tcp("127.0.0.1", port_of(server), {.no_delay = false, .dead_after = std::nullopt}));
    finish(none);
    EXPECT_EQ(option(none->stream->native_handle(), SOL_SOCKET, SO_KEEPALIVE), 0);
    EXPECT_EQ(option(none->stream->native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    EXPECT_EQ(option(none->stream->native_handle(), IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST_F(tcp_dial_test, a_socket_connected_to_itself_is_a_failure)
{
    linked_socket<ip_tcp> socket(io_);
    socket.open(ip_tcp::v4());
    socket.bind({asio::ip::address_v4::loopback(), 0});
    const auto itself = socket.local_endpoint();
    socket.connect(itself); // TCP allows it: a simultaneous open
    EXPECT_EQ(detail::finish_socket(socket, {"127.0.0.1", "127.0.0.1", itself.port(), {}}, itself),
              errc::connected_to_itself);
}

/// Lets no more descriptors be opened while it lives.
class [[maybe_unused]] no_descriptors
{
public:
    no_descriptors()
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        ::rlimit none = before_;
        none.rlim_cur = 0;
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;

private:
    ::rlimit before_{};
};

#if !defined(HOLDFAST_TEST_WITH_UBSAN)
TEST_F(tcp_dial_test, running_out_of_descriptors_is_an_error_like_any_other)
{
    resolver_.answer("many.example", {"127.0.0.1", "127.0.0.2", "::1"});
    const auto literal = dial(tcp("127.0.0.2", 80));
    finish(literal);
    std::shared_ptr<outcome<tcp::stream_type>> one, many;
    {
        const no_descriptors limit;
        one = dial(tcp("127.0.0.1", 80));
        finish(one);
        many = dial(tcp("many.example", 80));
        finish(many);
    }
    EXPECT_EQ(one->code, condition::local_resource);
    EXPECT_EQ(many->code, condition::local_resource);
    EXPECT_EQ(report_.addresses.size(), 3U);
}
#endif

TEST_F(tcp_dial_test, a_dial_completes_on_the_executor_of_its_handler)
{
    auto server = listen();
    asio::io_context other;
    bool done = false;
    tcp("127.0.0.1", port_of(server))
        .async_connect(context(), asio::bind_executor(other,
                                                      [&](error_code ec, tcp::stream_type)
                                                      {
                                                          EXPECT_FALSE(ec);
                                                          done = true;
                                                      }));
    io_.run();
    EXPECT_FALSE(done);
    EXPECT_FALSE(other.stopped()) << "somebody waits there";
    other.run();
    EXPECT_TRUE(done);
}

TEST_F(tcp_dial_test, a_context_that_is_destroyed_takes_its_dials_along)
{
    auto nobody = make_black_hole();
    bool completed = false;
    {
        asio::io_context gone;
        auto with = context();
        with.executor = gone.get_executor();
        resolver_.answer("gone.example", {"127.0.0.1", "127.0.0.2"});
        for (const char* host : {"127.0.0.1", "gone.example"})
            tcp(host, nobody.port())
                .async_connect(with, [&](error_code, tcp::stream_type) { completed = true; });
        gone.poll();
        EXPECT_EQ(clock_.armed(), 2U);
    }
    EXPECT_FALSE(completed);
    EXPECT_EQ(open_sockets(), nobody.descriptors());
}

TEST(tcp, a_bad_configuration_is_refused_naming_the_field)
{
    struct row
    {
        const char* host;
        unsigned short port;
        tcp_options options;
        const char* what;
    };
    const row table[] = {
        {"h", 0, {}, "tcp: port 0 cannot be connected to"},
        {"", 80, {}, "tcp: host \"\" is not valid: it is empty"},
        {"a..b", 80, {}, "tcp: host \"a..b\" is not valid: it has an empty label"},
        {"a b", 80, {}, "tcp: host \"a b\" is not valid: it has a character that no host name has"},
        {"256.1.1.1",
         80,
         {},
         "tcp: host \"256.1.1.1\" is not valid: it ends in a number, and is not an address"},
        {"h", 80, {.timeout = 0s}, "tcp: timeout 0s is not above zero"},
        {"h", 80, {.stagger = 1ms}, "tcp: stagger 1ms is below 10 ms"},
        {"h", 80, {.dead_after = 1s}, "tcp: dead_after 1s is not between 4 s and 9 hours"},
        {"h", 80, {.bind_address = "eth0"}, "tcp: bind_address \"eth0\" is not an IP address"},
        {"::1",
         80,
         {.bind_address = "127.0.0.1"},
         "tcp: host \"::1\" is not of the family of the other options"},
    };
    for (const auto& r : table)
        try
        {
            const tcp accepted(r.host, r.port, r.options);
            ADD_FAILURE() << "accepted: " << r.what;
        }
        catch (const std::invalid_argument& ex)
        {
            EXPECT_STREQ(ex.what(), r.what);
        }
}

// They used to be told as they are, line ends and all.
TEST(tcp, a_refused_host_or_address_is_quoted_on_one_line)
{
    const auto refusal = [](const std::string& host, const tcp_options& options)
    {
        try
        {
            return to_string(tcp(host, 80, options));
        }
        catch (const std::invalid_argument& ex)
        {
            return std::string(ex.what());
        }
    };
    EXPECT_EQ(refusal("a\nb", {}),
              R"(tcp: host "a\x0ab" is not valid: it has a character that no host name has)");
    EXPECT_EQ(refusal("h", {.bind_address = "a\nb"}),
              R"(tcp: bind_address "a\x0ab" is not an IP address)");
    EXPECT_EQ(refusal("::1%\n", {.family = address_family::ipv4}),
              R"(tcp: host "::1%\x0a" is not of the family of the other options)");
    EXPECT_EQ(refusal("h", {.bind_address = "::1%\n", .family = address_family::ipv4}),
              R"(tcp: bind_address "::1%\x0a" is not of the family)");
    EXPECT_LT(refusal(std::string(60'000, 'a'), {}).size(), 200U);
}

// The address before the zero byte used to be taken.
TEST(tcp, an_address_with_a_zero_byte_is_refused)
{
    EXPECT_THROW(tcp(std::string("127.0.0.1\0x", 11), 80), std::invalid_argument);
    EXPECT_THROW(tcp("h", 80, {.bind_address = std::string("127.0.0.1\0x", 11)}),
                 std::invalid_argument);
}

TEST(tcp, CS_7B_an_invalid_internationalised_name_is_refused_by_name)
{
    EXPECT_THROW(tcp("\xff.example", 80), std::invalid_argument);
    EXPECT_THROW(tcp("a\u200db.example", 80), std::invalid_argument);
    EXPECT_THROW(tcp(std::string("a\0b", 3), 80), std::invalid_argument);
    EXPECT_THROW(tcp(std::string(64, 'a'), 80), std::invalid_argument);
    EXPECT_THROW(tcp(std::string(300, 'a'), 80), std::invalid_argument);
    EXPECT_NO_THROW(tcp("_service.example.", 80));
}

// It used to stand in brackets, which its colon ended.
TEST(tcp, CS_75_its_description_can_be_read_whatever_the_zone)
{
    EXPECT_EQ(to_string(tcp("fe80::1%eth0", 80)), "tcp:[fe80::1%eth0]:80");
    for (const std::string zone : {"a:b", "a]b", "a[b", "a=b", "a\\b"})
    {
        const auto text = to_string(tcp("fe80::1%" + zone, 80));
        const auto d = holdfast::parse_description(text);
        ASSERT_EQ(d.positional.size(), 2U) << text;
        EXPECT_EQ(d.positional[0].value, "fe80::1%" + zone);
    }
}

TEST(tcp, CS_71_its_description_has_the_options_that_are_not_the_default)
{
    EXPECT_EQ(to_string(tcp("example.com", 80)), "tcp:example.com:80");
    EXPECT_EQ(to_string(tcp("::1", 80)), "tcp:[::1]:80");
    EXPECT_EQ(to_string(tcp("127.0.0.1", 80,
                            {.timeout = 5s,
                             .stagger = 300ms,
                             .bind_address = "127.0.0.2",
                             .no_delay = false,
                             .dead_after = std::nullopt})),
              "tcp:127.0.0.1:80:timeout=5s:stagger=300ms:bindAddress=127.0.0.2:noDelay=0:"
              "deadAfter=never");
    EXPECT_EQ(to_string(tcp("h", 80, {.bind_address = "::1"})), R"(tcp:h:80:bindAddress=\:\:1)");
    EXPECT_EQ(to_string(tcp("h", 80, {.family = address_family::ipv6, .dead_after = 2min})),
              "tcp:h:80:family=ipv6:deadAfter=2m");
}
}
}
