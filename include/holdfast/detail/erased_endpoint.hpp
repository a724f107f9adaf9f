// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_ERASED_ENDPOINT_HPP
#define HOLDFAST_DETAIL_ERASED_ENDPOINT_HPP

#include <holdfast/any_stream.hpp>
#include <holdfast/endpoint.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associator.hpp>

#include <memory>
#include <new>
#include <string>
#include <utility>

namespace holdfast::detail
{
using dial_handler = asio::any_completion_handler<void(error_code, stream)>;

/// What `any_endpoint` calls.
class erased_endpoint
{
public:
    erased_endpoint() = default;
    erased_endpoint(const erased_endpoint&) = delete;
    erased_endpoint& operator=(const erased_endpoint&) = delete;
    virtual ~erased_endpoint() = default;

    /// `self` is this, kept until the dial is done.
    virtual void connect(const dial_context& context, dial_handler done,
                         std::shared_ptr<const erased_endpoint> self) const = 0;
    virtual std::string description() const = 0;
    virtual void failed(const failure& why, resolver& names) const noexcept = 0;
};

/// Erases the stream that a dial gave. Keeps the endpoint alive, which need not do so itself.
struct erase_dialled
{
    dial_handler done;
    std::shared_ptr<const erased_endpoint> endpoint;

    template <class Stream>
    void operator()(error_code ec, Stream dialled)
    {
        endpoint.reset();
        stream erased;
        try
        {
            if (!ec)
                erased = stream(std::move(dialled));
        }
        catch (const std::bad_alloc&) // what was dialled closes with it
        {
            ec = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
        }
        std::move(done)(ec, std::move(erased));
    }
};

template <class Endpoint>
class erased_endpoint_of final : public erased_endpoint
{
public:
    explicit erased_endpoint_of(Endpoint&& e) : endpoint_(std::move(e)) {}

    void connect(const dial_context& context, dial_handler done,
                 std::shared_ptr<const erased_endpoint> self) const override
    {
        endpoint_.async_connect(context, erase_dialled{std::move(done), std::move(self)});
    }

    std::string description() const override { return to_string(endpoint_); }

    void failed(const failure& why, resolver& names) const noexcept override
    {
        tell_failed(endpoint_, why, names);
    }

private:
    Endpoint endpoint_;
};
}

/// Executor, allocator and cancellation slot are those of whoever dials.
template <template <class, class> class Associator, class Default>
struct boost::asio::associator<Associator, holdfast::detail::erase_dialled, Default>
    : Associator<holdfast::detail::dial_handler, Default>
{
    using base = Associator<holdfast::detail::dial_handler, Default>;

    static typename base::type get(const holdfast::detail::erase_dialled& h) noexcept
    {
        return base::get(h.done);
    }

    static auto get(const holdfast::detail::erase_dialled& h, const Default& d) noexcept
        -> decltype(base::get(h.done, d))
    {
        return base::get(h.done, d);
    }
};

#endif
