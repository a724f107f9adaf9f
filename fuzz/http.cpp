// SPDX-License-Identifier: BSL-1.0
// Whoever connects to the status page sends any bytes, in any pieces: each thing that is answered
// is HTTP, nothing is told without the token, and nothing of it stays.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"
#include "page/visitors.hpp"
#include "support/told_services.hpp"

#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

constexpr std::string_view name = "a-name-that-only-those-with-the-token-know";

class looker
{
public:
    explicit looker(bool has_token)
    {
        services_.add(std::string(name));
        const std::string token = has_token ? "" : "nobody-guesses-this-one";
        visitors_ = std::make_shared<tool::visitors>(context_.get_executor(), clock_, services_,
                                                     tool::access(token, true));
        asio::local::stream_protocol::socket theirs(context_);
        asio::local::connect_pair(ours_, theirs);
        ours_.non_blocking(true);
        visitors_->take(tool::visitors::socket(std::move(theirs)));
        go_on();
    }

    ~looker()
    {
        visitors_->stop();
        go_on();
    }

    void send(std::string_view bytes)
    {
        hf::error_code ec; // the page may have closed
        while (!bytes.empty() && !ec)
        {
            bytes.remove_prefix(ours_.write_some(asio::buffer(bytes), ec));
            go_on();
        }
    }

    /// Waits until everybody has lost patience. All that was answered.
    const std::string& end()
    {
        hf::error_code ignored; // likewise
        ignored = ours_.shutdown(asio::socket_base::shutdown_send, ignored);
        services_.connect(std::string(name)); // for those who watch
        for (int minute = 0; minute < 3; ++minute)
        {
            clock_.advance(1min, context_);
            go_on();
        }
        return answered_;
    }

    std::size_t timers() const { return clock_.armed(); }

private:
    void go_on()
    {
        for (bool more = true; more;)
        {
            context_.restart();
            context_.poll();
            hf::error_code ec;
            std::array<char, 65'536> buffer;
            const auto n = ours_.read_some(asio::buffer(buffer), ec);
            answered_.append(buffer.data(), n);
            more = n > 0;
        }
    }

    hf::testing::manual_clock clock_;
    asio::io_context context_;
    support::told_services services_{[this] { return clock_.now(); }};
    std::shared_ptr<tool::visitors> visitors_;
    asio::local::stream_protocol::socket ours_{context_};
    std::string answered_;
};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    const auto how = input.byte();
    const bool has_token = how % 2 != 0;
    const std::size_t piece = 1 + how / 2U * 16U;
    looker l(has_token);
    while (!input.empty())
        l.send(input.take(piece));
    const auto& answered = l.end();
    fuzz::check(answered.empty() || answered.starts_with("HTTP/1.1 "), "what is answered is HTTP",
                answered);
    fuzz::check(has_token || answered.find(name) == answered.npos,
                "nothing is told without the token", answered);
    fuzz::check(l.timers() == 0, "nothing stays of who has gone");
    return 0;
}
