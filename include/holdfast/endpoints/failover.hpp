// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_FAILOVER_HPP
#define HOLDFAST_ENDPOINTS_FAILOVER_HPP

#include <holdfast/detail/failover_dial.hpp>
#include <holdfast/detail/failover_memory.hpp>
#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/endpoints/any_endpoint.hpp>

#include <boost/asio/async_result.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast
{
namespace detail
{
std::string describe_failover(const std::vector<std::string>& endpoints, const failover_options& o);
}

/// Several endpoints of one type as one: a dial tries them one after the other until one connects.
///
/// It begins with the one that worked last, for as long as `remember` says since it was dialled,
/// and goes on with the others in their order. One whose connection was refused by the factory or
/// the preparation, or lost within `stable_after`, did not work: the next dial begins with the one
/// after it in the list. A dial that runs into the deadline of its attempt is gone on with: the
/// next one begins where it ended. After `remember`, and after a dial that failed with all of them,
/// the first of the list is the first again; a connection that lasts is not given up for it.
///
/// The failure of a dial is that of the last endpoint. How each failed is in
/// `failure::addresses`, by its description, after the addresses that it tried itself.
///
/// What is remembered is shared by copies, and so by all services that are given the same one: for
/// services that are to choose for themselves, make one for each.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
template <endpoint Endpoint>
class failover_among
{
public:
    using stream_type = typename Endpoint::stream_type;

    /// @param endpoints From 1 to 64.
    /// @throws std::invalid_argument naming what is wrong
    explicit failover_among(std::vector<Endpoint> endpoints, const failover_options& options = {})
        : target_(std::make_shared<const target_type>(std::move(endpoints), options))
    {
    }

    const std::vector<Endpoint>& endpoints() const noexcept { return target_->endpoints; }
    const failover_options& options() const noexcept { return target_->memory.options(); }

    /// Connects. Completes with the error of the endpoint that was tried last, and the stream. An
    /// endpoint that runs out of its time fails with `errc::connect_timed_out` or what else the
    /// phase is called.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted` as soon as the endpoint that is tried has
    /// ended.
    template <asio::completion_token_for<void(error_code, stream_type)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            start_connect{context.executor}, token, target_, context);
    }

    /// Begins with another one next time, if that was the fault of the one that worked, and tells
    /// each endpoint; see `tell_failed`.
    void failed(const failure& why, resolver& names) const noexcept
    {
        target_->memory.failed(why);
        for (const auto& e : target_->endpoints)
            tell_failed(e, why, names);
    }

    /// The description: `failover:tcp\:a\:1:tcp\:b\:1`, with the options that differ from the
    /// default.
    friend std::string to_string(const failover_among& e)
    {
        std::vector<std::string> texts;
        for (const auto& one : e.endpoints())
            texts.push_back(to_string(one));
        return detail::describe_failover(texts, e.options());
    }

private:
    using target_type = detail::failover_target<Endpoint>;

    struct start_connect
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }

        template <class Handler>
        void operator()(Handler&& done, std::shared_ptr<const target_type> target,
                        const dial_context& context) const
        {
            using dial = detail::failover_dial<Endpoint>;
            dial::template start<dial>(
                detail::plain_handler(std::forward<Handler>(done), context.executor), context,
                std::move(target));
        }
    };

    std::shared_ptr<const target_type> target_;
};

/// Several endpoints of any kinds as one. See `failover_among`.
///
/// @par Example
/// @code
/// hf::client_service db(executor, hf::failover{{hf::tcp("a.example", 6379),
///                                               hf::tcp("b.example", 6379)}}, ...);
/// @endcode
class failover : public failover_among<any_endpoint>
{
public:
    using failover_among::failover_among;
};
}

#endif
