// SPDX-License-Identifier: BSL-1.0
#include "service_query.hpp"

#include <boost/asio/error.hpp>

#include <cstddef>
#include <new>
#include <utility>

namespace holdfast::detail
{
namespace
{
constexpr int class_internet = 1, type_srv = 33;
}

service_query::service_query(const asio::any_io_executor& executor, holdfast::clock& c,
                             std::shared_ptr<const dns_settings> settings, std::string name,
                             handler done)
    : dns_query(executor, c, std::move(settings))
    , name_(std::move(name))
    , done_(std::move(done))
{
}

void service_query::drop()
{
    done_ = nullptr;
    cancel();
}

void service_query::ask(ares_channel channel)
{
    ::ares_query(channel, name_.c_str(), class_internet, type_srv, &service_query::have_answer,
                 this);
}

void service_query::have_answer(void* self, int status, int, unsigned char* message,
                                int length) noexcept
{
    auto& query = *static_cast<service_query*>(self);
    if (query.answered(status))
        query.keep(message, length);
}

void service_query::keep(const unsigned char* message, int length) noexcept
try
{
    auto parsed = parse_service_answer({message, static_cast<std::size_t>(length)});
    malformed_ = !parsed;
    if (parsed)
        answer_ = std::move(*parsed);
}
catch (const std::bad_alloc&)
{
    malformed_ = true;
}

void service_query::complete(error_code ec)
{
    if (!ec && malformed_)
        ec = asio::error::no_recovery;
    else if (ec == errc::no_address || (!ec && answer_.records.empty()))
        ec = asio::error::no_data;
    if (const auto done = std::exchange(done_, nullptr))
        done(ec, std::move(answer_));
}
}
