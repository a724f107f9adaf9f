// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_DEFINITION_HPP
#define HOLDFAST_DETAIL_DEFINITION_HPP

#include <holdfast/core/client_machine.hpp>
#include <holdfast/detail/attempt.hpp>
#include <holdfast/options.hpp>

#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <memory>
#include <string>
#include <utility>

namespace holdfast::detail
{
class driver;
/// Refuses options that make no sense: throws `std::invalid_argument` naming the field.
void validate(const core::limits& l);

/// What all services of one definition share, apart from the protocol's type. Never changes.
struct definition_base : boost::intrusive_ref_counter<definition_base>
{
    template <class Protocol>
    definition_base(asio::any_io_executor e, std::string description,
                    const client_options<Protocol>& o)
        : executor(std::move(e))
        , clock(o.clock ? o.clock : &default_clock(executor))
        , resolver(o.resolver ? o.resolver : &default_resolver(executor))
        , limits{.attempt_timeout = o.attempt_timeout,
                 .prepare_timeout = o.prepare_timeout,
                 .stop_timeout = o.stop_timeout,
                 .stable_after = o.stable_after,
                 .delay_floor = o.delay_floor}
        , retry(o.retry)
        , observe(o.observe)
        , name(o.name)
        , endpoint(std::make_shared<const std::string>(std::move(description)))
        , thread_safe(o.thread_safe)
    {
        validate(limits);
    }
    definition_base(const definition_base&) = delete;
    definition_base& operator=(const definition_base&) = delete;
    virtual ~definition_base() = default;

    /// Tells the endpoint of an attempt that failed or a connection that was lost.
    virtual void failed(const failure& why) const noexcept = 0;

    asio::any_io_executor executor;
    holdfast::clock* clock;
    holdfast::resolver* resolver;
    core::limits limits;
    retry::policy retry;
    observer observe;
    std::string name;
    std::shared_ptr<const std::string> endpoint;
    bool thread_safe;
};

/// The same with the protocol's type; endpoint and factory are behind the one virtual call.
template <class Protocol>
struct definition : definition_base
{
    definition(asio::any_io_executor e, std::string description, const client_options<Protocol>& o)
        : definition_base(std::move(e), std::move(description), o)
        , prepare(o.prepare)
    {
    }

    virtual boost::intrusive_ptr<attempt> make_attempt(driver& owner,
                                                       core::attempt_id id) const = 0;

    prepare_function<Protocol> prepare;
};
}

#endif
