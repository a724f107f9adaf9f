// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_CARES_SERVICE_QUERY_HPP
#define HOLDFAST_SRC_CARES_SERVICE_QUERY_HPP

#include "dns_query.hpp"
#include "service_answer.hpp"

#include <functional>
#include <memory>
#include <string>

namespace holdfast::detail
{
/// Looks the SRV records of a name up.
class service_query final : public dns_query
{
public:
    /// Fails as `c_ares_resolver` does, but with `asio::error::no_data` where the name has no such
    /// record.
    using handler = std::function<void(error_code, service_answer)>;

    service_query(const asio::any_io_executor& executor, holdfast::clock& c,
                  std::shared_ptr<const dns_settings> settings, std::string name, handler done);

    using dns_query::start;

    /// Drops it: the handler is not called any more.
    void drop();

private:
    void ask(ares_channel channel) override;
    void complete(error_code ec) override;

    static void have_answer(void* self, int status, int timeouts, unsigned char* message,
                            int length) noexcept;
    void keep(const unsigned char* message, int length) noexcept;

    const std::string name_;
    handler done_;
    service_answer answer_;
    bool malformed_ = false;
};
}

#endif
