// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_SERVICES_VIEW_HPP
#define HOLDFAST_TOOL_RUN_SERVICES_VIEW_HPP

#include <holdfast/core/client_machine.hpp>
#include <holdfast/failure.hpp>
#include <holdfast/observe/attempt_record.hpp>
#include <holdfast/observe/metrics.hpp>
#include <holdfast/time.hpp>

#include <boost/signals2/signal.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tool
{
namespace hf = holdfast;

/// How one service of the configuration stands at this moment. Nothing in it is secret.
struct service_status
{
    std::string name{};     ///< As the configuration has it: letters, digits, `_`, `-` and `.`.
    std::string endpoint{}; ///< The description.
    std::string job{};      ///< Such as `hold`, `forward from 127.0.0.1:5000`.
    hf::service_state state{};
    bool ready = false;          ///< Was connected since its start.
    bool must_be_ready = true;   ///< The whole is ready only when this one is.
    hf::time_point since{};      ///< Since when it has been connected, or has not.
    std::uint32_t attempt = 0;   ///< The number of the last attempt since the start.
    std::uint32_t failures = 0;  ///< In a row.
    std::uint64_t connections{}; ///< How many it has had since the start of the program.
    std::optional<hf::time_point> next_attempt{};      ///< While it waits.
    std::shared_ptr<const hf::failure> last_failure{}; ///< Null if nothing has failed so far.
    std::optional<hf::time_point> failed_at{};         ///< When that was.
};

/// What may be known of the services that run. Read-only; one thread.
class services_view
{
public:
    services_view() = default;
    services_view(const services_view&) = delete;
    services_view& operator=(const services_view&) = delete;
    virtual ~services_view() = default;

    /// The clock of all times here.
    virtual hf::time_point now() const = 0;

    /// In the order of the configuration.
    virtual std::vector<service_status> all() const = 0;

    /// None if there is no such service.
    virtual std::optional<service_status> find(std::string_view name) const = 0;

    /// Its last attempts, the oldest first; none if there is no such service.
    virtual std::vector<hf::attempt_record> attempts(std::string_view name) const = 0;

    /// Why it is not connected, in words of one line; empty if there is no such service.
    virtual std::string why(std::string_view name) const = 0;

    /// All that must be ready are.
    virtual bool ready() const = 0;

    /// Counters and histograms of all services.
    virtual std::string metrics(hf::metrics_format format) const = 0;

    /// Is called with the name of a service whenever something has changed about it, also when it
    /// was added or removed; empty: many have. Nothing may be changed from within.
    boost::signals2::signal<void(std::string_view name)>& changed() noexcept { return changed_; }

private:
    boost::signals2::signal<void(std::string_view name)> changed_;
};
}

#endif
