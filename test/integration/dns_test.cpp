// SPDX-License-Identifier: BSL-1.0
// Names and services of a real server of the DNS, dnsmasq, which is stopped and killed under those
// who ask it.
#include "support/listener.hpp"
#include "support/missing.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <holdfast/resolvers/c_ares_resolver.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;
using support::listener;
using support::process;
using support::server_process;
using texts = std::vector<std::string>;

bool has_dnsmasq()
{
    return std::system("command -v dnsmasq >/dev/null || test -x /usr/sbin/dnsmasq") == 0;
}

#define SKIP_WITHOUT_DNSMASQ() SKIP_UNLESS(has_dnsmasq(), "dnsmasq is not installed")

/// dnsmasq, which knows these records and nothing else.
server_process dnsmasq(texts records)
{
    return server_process(
        [records = std::move(records)](std::uint16_t port)
        {
            texts command{"/usr/sbin/dnsmasq",
                          "--keep-in-foreground",
                          "--conf-file=/dev/null",
                          "--no-resolv",
                          "--no-hosts",
                          "--bind-interfaces",
                          "--listen-address=127.0.0.1",
                          "--port=" + std::to_string(port),
                          "--local=/test/",
                          "--local-ttl=60",
                          "--log-facility=-",
                          "--pid-file="};
            if (::geteuid() == 0)
                command.push_back("--user=root");
            command.insert(command.end(), records.begin(), records.end());
            return command;
        },
        "started, version");
}

std::string address(const server_process& server)
{
    return "127.0.0.1:" + std::to_string(server.port());
}

struct found
{
    int completions = 0;
    hf::error_code code;
    hf::resolver::addresses addresses;
    asio::cancellation_signal cancel;
};

class dns : public ::testing::Test
{
protected:
    std::shared_ptr<found> look_up(hf::resolver& names, const std::string& host)
    {
        auto f = std::make_shared<found>();
        names.async_resolve(
            io_.get_executor(), host, hf::address_family::any,
            asio::bind_cancellation_slot(f->cancel.slot(),
                                         [f](hf::error_code ec, hf::resolver::addresses a)
                                         {
                                             ++f->completions;
                                             f->code = ec;
                                             f->addresses = std::move(a);
                                         }));
        return f;
    }

    std::shared_ptr<found> result(hf::resolver& names, const std::string& host)
    {
        auto f = look_up(names, host);
        io_.restart();
        io_.run_for(30s);
        EXPECT_EQ(f->completions, 1);
        return f;
    }

    asio::io_context io_;
};

/// `holdfast connect`, on a service or something else.
texts connect(texts arguments)
{
    arguments.insert(arguments.begin(), {HOLDFAST_PROGRAM, "connect"});
    return arguments;
}

void greet(listener::socket& s)
{
    boost::system::error_code ignored; // the test sees what came
    asio::write(s, asio::buffer(std::string("hello")), ignored);
}

std::string port_of(const listener& server)
{
    return server.description().substr(server.description().rfind(':') + 1);
}

/// A description of that service, as this server knows it.
std::string service(const std::string& name, const server_process& server)
{
    return "srv:" + name + ":servers=127.0.0.1\\:" + std::to_string(server.port());
}

TEST_F(dns, finds_names_of_one_family_and_of_both)
{
    SKIP_WITHOUT_DNSMASQ();
    const auto server = dnsmasq({"--host-record=both.test,192.0.2.1,2001:db8::1",
                                 "--host-record=four.test,192.0.2.1",
                                 "--cname=alias.test,both.test", "--txt-record=text.test,hello"});
    hf::c_ares_resolver names({.servers = {address(server)}});
    const auto both = result(names, "both.test");
    EXPECT_EQ(both->addresses.size(), 2U) << both->code.message();
    EXPECT_EQ(both->addresses.ttl, 60s);
    EXPECT_EQ(result(names, "four.test")->addresses.size(), 1U);
    EXPECT_EQ(result(names, "alias.test")->addresses.size(), 2U);
    EXPECT_EQ(result(names, "text.test")->code, hf::errc::no_address);
    EXPECT_EQ(result(names, "none.test")->code, asio::error::host_not_found);
}

TEST_F(dns, finds_a_thousand_addresses_of_one_name)
{
    SKIP_WITHOUT_DNSMASQ();
    texts records;
    for (int i = 0; i != 1000; ++i)
        records.push_back("--host-record=many.test,10.0." + std::to_string(i / 250) + '.' +
                          std::to_string(i % 250 + 1));
    const auto server = dnsmasq(records);
    hf::c_ares_resolver names({.servers = {address(server)}});
    const auto many = result(names, "many.test"); // more than a datagram holds
    EXPECT_EQ(many->addresses.size(), 1000U) << many->code.message();
}

TEST_F(dns, CS_7F_lets_a_server_go_that_stands_still)
{
    SKIP_WITHOUT_DNSMASQ();
    auto server = dnsmasq({"--host-record=a.test,192.0.2.1"});
    hf::c_ares_resolver patient({.servers = {address(server)}, .timeout = 1min});
    hf::c_ares_resolver hasty({.servers = {address(server)}, .timeout = 50ms, .rounds = 2});
    server.stop();
    EXPECT_EQ(result(hasty, "a.test")->code, hf::errc::lookup_timed_out);

    const auto stuck = look_up(patient, "a.test");
    io_.restart();
    io_.poll();
    stuck->cancel.emit(asio::cancellation_type::terminal);
    io_.run(); // no longer than the cancellation takes
    EXPECT_EQ(stuck->code, asio::error::operation_aborted);

    const auto slow = look_up(patient, "a.test");
    io_.restart();
    io_.poll();
    server.resume();
    io_.run_for(30s);
    EXPECT_EQ(slow->addresses.size(), 1U) << slow->code.message();
}

TEST_F(dns, has_the_program_connect_to_a_service)
{
    SKIP_WITHOUT_DNSMASQ();
    listener server(greet);
    const auto down = std::to_string(support::free_port());
    const auto names =
        dnsmasq({"--srv-host=_hi._tcp.example.test,down.example.test," + down + ",1",
                 "--srv-host=_hi._tcp.example.test,up.example.test," + port_of(server) + ",2"});
    process p(connect({service("_hi._tcp.example.test", names), "--once", "--resolve",
                       "down.example.test:" + down + ":127.0.0.1", "--resolve",
                       "up.example.test:" + port_of(server) + ":127.0.0.1"}));
    EXPECT_TRUE(p.wait_for_output("hello")) << p.errors();
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST_F(dns, has_the_program_say_that_there_is_no_such_service)
{
    SKIP_WITHOUT_DNSMASQ();
    const auto names = dnsmasq({"--srv-host=_hi._tcp.example.test"});
    process p(connect({service("_hi._tcp.example.test", names), "--fail-after", "1"}));
    EXPECT_EQ(p.wait(), 3) << p.errors();
    EXPECT_NE(p.errors().find("failed in lookup"), std::string::npos) << p.errors();
    EXPECT_NE(p.errors().find("the domain says that it does not have that service"),
              std::string::npos)
        << p.errors();
}

TEST_F(dns, has_the_program_try_again_until_the_dns_is_there)
{
    SKIP_WITHOUT_DNSMASQ();
    listener server(greet);
    auto names = dnsmasq({"--srv-host=_hi._tcp.example.test,up.example.test," + port_of(server)});
    names.kill();
    process p(connect({service("_hi._tcp.example.test", names), "--once", "--retry", "fixed=50ms",
                       "--resolve", "up.example.test:" + port_of(server) + ":127.0.0.1"}));
    EXPECT_TRUE(p.wait_for_errors("failed in lookup")) << p.errors();
    names.restart();
    EXPECT_TRUE(p.wait_for_output("hello")) << p.errors();
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST_F(dns, has_the_program_fail_over_from_a_service_to_an_address)
{
    SKIP_WITHOUT_DNSMASQ();
    listener server(greet);
    const auto names = dnsmasq({"--srv-host=_hi._tcp.example.test"});
    process p(connect({"failover:srv\\:_hi._tcp.example.test\\:servers\\=127.0.0.1\\\\\\:" +
                           std::to_string(names.port()) + ":tcp\\:127.0.0.1\\:" + port_of(server),
                       "--once"}));
    EXPECT_TRUE(p.wait_for_output("hello")) << p.errors();
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
}
}
