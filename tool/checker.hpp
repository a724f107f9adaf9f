// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CHECKER_HPP
#define HOLDFAST_TOOL_CHECKER_HPP

#include "checked.hpp"
#include "error.hpp"

#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/resolvers/fixed_addresses.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace tool
{
namespace asio = boost::asio;

/// All that `holdfast check` was told.
struct check_options
{
    hf::any_endpoint endpoint;
    std::vector<hf::fixed_address> names{}; ///< Not to be looked up.
    hf::duration attempt_timeout = std::chrono::seconds(30);
    hf::duration watch = std::chrono::milliseconds(500); ///< Zero: it is not watched.
    bool twice = false;
    bool json = false;
};

/// Dials, looks for a moment at what came of it, closes it, and tells all that.
class checker
{
public:
    explicit checker(check_options options);

    exit_code run();

private:
    struct trace final : hf::dial_trace
    {
        void step(hf::dial_step s) override
        {
            const auto later = std::ranges::upper_bound(steps, s.began, {}, &hf::dial_step::began);
            steps.insert(later, std::move(s));
        }
        std::vector<hf::dial_step> steps; // in the order in which they began
    };

    void dial();
    void dialled(error_code ec, hf::stream stream);
    void watch();
    void watched(error_code ec, std::size_t n);
    void limit(hf::duration d);
    void end_limit();
    void cancel();
    void fail(hf::phase p, error_code ec);
    void end();
    void print(const checked& c) const;

    hf::time_point now() const { return clock_.now(); }

    check_options options_;
    asio::io_context context_{1};
    hf::clock& clock_;
    hf::fixed_addresses names_{hf::default_resolver(context_.get_executor())};
    asio::signal_set signals_;
    asio::steady_timer timer_{context_};
    asio::cancellation_signal dial_;
    asio::cancellation_signal read_;
    bool dialling_ = false; // which of them is under way
    bool reading_ = false;
    unsigned limits_ = 0; // so far: one that was ended may have fired
    trace trace_;
    checked result_;
    hf::stream stream_;
    std::array<char, 4096> bytes_{};
    hf::time_point watched_since_{};
    bool ran_out_ = false; // of time
    bool interrupted_ = false;
    unsigned attempts_ = 0;
    exit_code exit_ = exit_code::ended;
};
}

#endif
