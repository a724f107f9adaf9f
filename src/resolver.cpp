// SPDX-License-Identifier: BSL-1.0
#include <holdfast/resolver.hpp>

#include "lookup_pool.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

namespace holdfast
{
namespace
{
/// The lookups of one execution context.
class context_resolver final : public asio::execution_context::service
{
public:
    static asio::execution_context::id id;

    explicit context_resolver(asio::execution_context& context)
        : asio::execution_context::service(context)
        , pool(&detail::system_lookup)
    {
    }

    detail::lookup_pool pool;

private:
    void shutdown() override { pool.shutdown(); }
};

asio::execution_context::id context_resolver::id;
}

void resolver::forget(std::string_view) noexcept {}

resolver& resolver::for_port(std::uint16_t) noexcept
{
    return *this;
}

void resolver::pass_on(resolver& to, const asio::any_io_executor& executor, std::string host,
                       address_family family, handler done)
{
    to.resolve(executor, std::move(host), family, std::move(done));
}

resolver& default_resolver(const asio::any_io_executor& executor)
{
    auto& context = asio::query(executor, asio::execution::context);
    return asio::use_service<context_resolver>(context).pool;
}
}
