// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_INTEGRATION_PROXIES_HPP
#define HOLDFAST_TEST_INTEGRATION_PROXIES_HPP

#include "support/missing.hpp"
#include "support/server_process.hpp"

#include <holdfast/endpoints/proxy_error.hpp>
#include <holdfast/endpoints/registry.hpp>

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#define SKIP_WITHOUT_PROGRAM(program)                                                              \
    SKIP_UNLESS(std::system("command -v " program " >/dev/null") == 0, program " is not "          \
                                                                               "installed")

namespace proxies
{
namespace asio = boost::asio;
namespace hf = holdfast;
using support::server_process;

/// Writes a file that a server reads; its path.
inline std::string configuration(const std::string& name, std::uint16_t port,
                                 const std::string& text)
{
    const auto path =
        testing::TempDir() + name + '.' + std::to_string(::getpid()) + '.' + std::to_string(port);
    std::ofstream(path) << text;
    return path;
}

/// Runs a server that does not say when it is ready: `ready` is said when it can be connected to.
inline std::vector<std::string> told_when_ready(const std::string& command, std::uint16_t port,
                                                const std::string& address = "127.0.0.1")
{
    return {"/bin/bash", "-c",
            "(while kill -0 $$ 2>/dev/null && ! (: </dev/tcp/" + address + '/' +
                std::to_string(port) + ") 2>/dev/null; do :; done; echo ready) & exec " + command};
}

/// Dante, which lets nobody go to `forbidden`, a port. `method` is none or username.
inline server_process dante(const std::string& method = "none", std::uint16_t forbidden = 9)
{
    return server_process(
        [=](std::uint16_t port)
        {
            const auto file = configuration(
                "danted", port,
                "logoutput: stdout\ninternal: 127.0.0.1 port = " + std::to_string(port) +
                    "\nexternal: lo\nclientmethod: none\nsocksmethod: " + method +
                    "\nuser.privileged: root\nuser.unprivileged: nobody\n"
                    "client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }\n"
                    "socks block { from: 0.0.0.0/0 to: 0.0.0.0/0 port = " +
                    std::to_string(forbidden) +
                    " }\nsocks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }\n"
                    "socks pass { from: 0.0.0.0/0 to: ::/0 }\n");
            return std::vector<std::string>{"/usr/sbin/danted", "-f", file};
        },
        " running");
}

/// How a dial ended.
struct dialled
{
    hf::error_code code;
    std::optional<hf::stream> stream;
    hf::dial_report report;

    std::string detail() const { return report.detail ? *report.detail : std::string(); }
};

/// A context to dial on.
class fixture : public testing::Test
{
protected:
    dialled dial(const std::string& description,
                 const hf::registry& known = hf::registry::standard())
    {
        dialled d;
        bool done = false;
        hf::parse_endpoint(description, known)
            .async_connect({.executor = io_.get_executor(),
                            .clock = &hf::default_clock(io_.get_executor()),
                            .resolver = &hf::default_resolver(io_.get_executor()),
                            .report = &d.report},
                           [&](hf::error_code ec, hf::stream s)
                           {
                               d.code = ec;
                               d.stream.emplace(std::move(s));
                               done = true;
                           });
        EXPECT_TRUE(runs_until([&] { return done; }));
        return d;
    }

    /// What comes back, as long as `size` or to the end.
    std::string exchange(hf::stream& s, const std::string& text, std::size_t size)
    {
        std::string back(size, 0);
        std::optional<std::size_t> came;
        asio::async_write(s, asio::buffer(text), [](hf::error_code, std::size_t) {});
        asio::async_read(s, asio::buffer(back), [&](hf::error_code, std::size_t n) { came = n; });
        EXPECT_TRUE(runs_until([&] { return came.has_value(); }));
        return back.substr(0, came.value_or(0));
    }

    template <class Condition>
    bool runs_until(Condition condition)
    {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        io_.restart();
        while (!condition() && std::chrono::steady_clock::now() < limit)
            io_.run_one_until(limit);
        return condition();
    }

    asio::io_context io_;
};
}

#endif
