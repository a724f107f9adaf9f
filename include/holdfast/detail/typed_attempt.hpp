// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_TYPED_ATTEMPT_HPP
#define HOLDFAST_DETAIL_TYPED_ATTEMPT_HPP

#include <holdfast/detail/attempt.hpp>
#include <holdfast/detail/callback_transport.hpp>
#include <holdfast/detail/definition.hpp>
#include <holdfast/detail/factory.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>

#include <atomic>
#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace holdfast::detail
{
/// An attempt as the typed part of the driver sees it: it ends with a protocol.
template <class Protocol>
class protocol_attempt : public attempt
{
public:
    using attempt::attempt;

    const std::shared_ptr<Protocol>& protocol() const noexcept { return protocol_; }

    bool needs_preparation() const noexcept override { return static_cast<bool>(prepare()); }

protected:
    void do_prepare() override
    {
        prepare()(*protocol_, executor(),
                  asio::bind_cancellation_slot(slot(),
                                               [self = boost::intrusive_ptr<protocol_attempt>(
                                                    this)](std::exception_ptr thrown)
                                               { self->prepare_ended(std::move(thrown)); }));
    }

    std::shared_ptr<Protocol> protocol_;

private:
    const prepare_function<Protocol>& prepare() const noexcept
    {
        return static_cast<const definition<Protocol>&>(shared()).prepare;
    }
};

template <class Protocol, class Endpoint, class Factory>
struct typed_definition;

/// An attempt with all its types: dials the endpoint, gives the stream to the factory, and runs
/// what that made.
template <class Protocol, class Endpoint, class Factory>
class typed_attempt final : public protocol_attempt<Protocol>
{
    using stream_type = typename Endpoint::stream_type;
    using traits = factory_traits<Factory, stream_type>;
    using my_definition = typed_definition<Protocol, Endpoint, Factory>;

    using transport_type = callback_transport<stream_type, typed_attempt>;
    static constexpr bool has_transport =
        traits::form == factory_form::peer || traits::form == factory_form::nothing;
    static constexpr bool is_ready_by_word = traits::form == factory_form::session_with_ready;

public:
    using protocol_attempt<Protocol>::protocol_attempt;

    bool needs_preparation() const noexcept override
    {
        return is_ready_by_word || protocol_attempt<Protocol>::needs_preparation();
    }

private:
    // Handlers keep the attempt alive.

    /// An endpoint completes where its context says; so this needs no executor of its own.
    struct dial_handler
    {
        boost::intrusive_ptr<typed_attempt> self;
        using cancellation_slot_type = asio::cancellation_slot;
        cancellation_slot_type get_cancellation_slot() const noexcept { return self->slot(); }
        void operator()(error_code ec, stream_type&& stream) const
        {
            self->dialled(ec, std::move(stream));
        }
    };

    struct run_handler
    {
        boost::intrusive_ptr<typed_attempt> self;
        using executor_type = asio::any_io_executor;
        const executor_type& get_executor() const noexcept { return self->executor(); }
        void operator()(error_code ec) const { self->run_done(ec, nullptr); }
    };

    boost::intrusive_ptr<typed_attempt> self() { return this; }

    const my_definition& mine() const noexcept
    {
        return static_cast<const my_definition&>(this->shared());
    }

    void do_dial(const dial_context& context) override
    {
        mine().endpoint.async_connect(context, dial_handler{self()});
    }

    void dialled(error_code ec, stream_type&& stream)
    {
        const auto keep = self(); // the factory may destroy the service
        if (!ec)
            holdfast::tie(stream, this->link_);
        if (!this->dial_ended(ec))
            return;
        try
        {
            mine().connection_begins();
            this->connection_begun();
            if (!this->abandoned()) // its start() may have destroyed the service
                make(std::move(stream));
            if (this->abandoned()) // the factory destroyed the service: the protocol never runs
                return this->not_made(asio::error::operation_aborted, nullptr);
            if (this->protocol_ == nullptr)
                return this->not_made(errc::factory_refused, nullptr);
            this->run_begins();
            run();
        }
        catch (...)
        {
            return this->not_made({}, std::current_exception());
        }
        this->made();
    }

    void make(stream_type&& stream)
    {
        auto& f = mine().factory;
        auto& p = this->protocol_;
        if constexpr (traits::is_session)
            p = std::make_shared<session_of<Factory, stream_type, is_ready_by_word>>(
                f, std::move(stream));
        else if constexpr (traits::form == factory_form::stream)
            p = std::invoke(f, std::move(stream));
        else
        {
            const auto peer = peer_of(stream);
            if constexpr (traits::form == factory_form::stream_and_peer)
                p = std::invoke(f, std::move(stream), peer);
            else if constexpr (traits::form == factory_form::peer)
                p = std::invoke(f, peer);
            else
                p = std::invoke(f);
        }
        if constexpr (has_transport)
            if (p != nullptr)
                transport_.emplace(std::move(stream), *this);
    }

    void run()
    {
        if constexpr (traits::is_session)
            this->protocol_->run(this->executor(), [self = self()](std::exception_ptr thrown)
                                 { self->run_done({}, std::move(thrown)); });
        else if constexpr (has_transport)
            transport_->run();
        else
            this->protocol_->async_run(run_handler{self()});
    }

    void run_done(error_code ec, std::exception_ptr thrown)
    {
        if constexpr (traits::is_session)
            this->protocol_->run_over();
        this->run_ended(ec, std::move(thrown), is_ready_by_word);
    }

    void do_prepare() override
    {
        if constexpr (is_ready_by_word)
            this->protocol_->when_ready([this] { this->prepare_ended(nullptr); });
        else
            protocol_attempt<Protocol>::do_prepare();
    }

    void do_close() noexcept override
    {
        if constexpr (has_transport)
            transport_->close();
        else
            this->protocol_->close();
    }

    void do_abort() noexcept override
    {
        if constexpr (has_transport)
            transport_->cut_off();
    }

    void ended() noexcept override
    {
        if (this->take_begun())
            mine().connection_ends();
    }

    friend transport_type;
    callback_protocol& callbacks() const noexcept { return *this->protocol_; }
    void callbacks_fail(error_code ec, std::exception_ptr thrown) noexcept
    {
        this->run_fails(ec, std::move(thrown));
    }
    void callbacks_ended() { run_done({}, nullptr); }
    transport_type& callbacks_transport() noexcept { return *transport_; }
    clock& my_clock() const noexcept { return *this->shared().clock; }

    struct no_transport
    {
    };
    [[no_unique_address]] std::conditional_t<has_transport, std::optional<transport_type>,
                                             no_transport> transport_;
};

/// A definition with all its types.
template <class Protocol, class Endpoint, class Factory>
struct typed_definition final : definition<Protocol>
{
    typed_definition(asio::any_io_executor x, Endpoint e, Factory f,
                     const client_options<Protocol>& o)
        : definition<Protocol>(std::move(x), to_string(e), o)
        , endpoint(std::move(e))
        , factory(std::move(f))
    {
    }

    boost::intrusive_ptr<attempt> make_attempt(driver& owner, core::attempt_id id) const override
    {
        return new typed_attempt<Protocol, Endpoint, Factory>(owner, id);
    }

    void failed(const failure& why) const noexcept override
    {
        tell_failed(endpoint, why, *this->resolver);
    }

    /// Calls the factory's `start()`, if it has one, before the first of its connections.
    void connection_begins() const
    {
        if constexpr (requires { factory.start(); })
        {
            if (connections.fetch_add(1) != 0)
                return;
            try
            {
                factory.start();
            }
            catch (...)
            {
                connections.fetch_sub(1); // it did not start, and is not told to stop
                throw;
            }
        }
    }

    /// Calls the factory's `stop()`, if it has one, after the last of its connections. What it
    /// throws is dropped: the connection is over, and nobody waits for this.
    void connection_ends() const noexcept
    {
        if constexpr (requires { factory.start(); })
            if (connections.fetch_sub(1) == 1)
                if constexpr (requires { factory.stop(); })
                {
                    try
                    {
                        factory.stop();
                    }
                    catch (...)
                    {
                    }
                }
    }

    Endpoint endpoint;
    mutable Factory factory; // called without const: a mutable lambda is a factory too
    mutable std::atomic<std::uint32_t> connections{0};
};
}

#endif
