// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_DIAL_SRV_HPP
#define HOLDFAST_SRC_ENDPOINTS_DIAL_SRV_HPP

#include <holdfast/core/service_order.hpp>
#include <holdfast/detail/dial_op.hpp>
#include <holdfast/endpoints/srv.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace holdfast
{
namespace detail
{
struct service_answer;
using service_records = std::vector<core::service_record>;

/// What the DNS said of one service, until it expires. Safe from any thread.
class service_memory
{
public:
    explicit service_memory(std::uint64_t seed) : random_(seed) {}

    /// What is known, in an order drawn anew; empty if nothing is.
    service_records line_up(time_point now);

    /// Keeps what the DNS said, and gives it in such an order.
    service_records keep(service_records records, time_point until);

    /// Forgets it, and gives what it was.
    service_records forget() noexcept;

private:
    std::mutex mutex_;
    retry::random random_;
    service_records records_;
    time_point until_{};
};
}

struct srv::target
{
    target(std::string given, std::string ascii, srv_options o);

    std::string name;
    std::string ascii_name;
    srv_options options;
    std::shared_ptr<const detail::dns_settings> dns;
    mutable detail::service_memory memory;
};

namespace detail
{
using srv_dial_base = dial_op<srv::stream_type>;

void dial_srv(srv_dial_base::handler done, const dial_context& context,
              std::shared_ptr<const srv::target> target);
}
}

#endif
