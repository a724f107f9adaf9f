// SPDX-License-Identifier: BSL-1.0
#include "simulation/protocols.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/retry/backoff.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <optional>

namespace simulation
{
using namespace std::chrono_literals;
using hf::testing::memory_stream;
using invariants::origin;

namespace
{
/// What an operation's handler owes its call: one completion.
class promise
{
public:
    promise(subject& s, std::shared_ptr<call> c) : subject_(&s), call_(std::move(c)) {}
    promise(promise&& other) noexcept = default;
    promise(const promise&) = delete;
    promise& operator=(const promise&) = delete;
    ~promise()
    {
        if (call_ != nullptr)
            subject_->dropped(*call_);
    }

    using cancellation_slot_type = asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept { return call_->signal.slot(); }

    void operator()(error_code ec, const std::shared_ptr<void>& given = nullptr)
    {
        subject_->completed(*call_, ec, given);
    }

private:
    subject* subject_;
    std::shared_ptr<call> call_;
};

/// A service whose protocol is a `Protocol`.
template <class Protocol>
class typed_subject final : public subject
{
public:
    template <class Factory>
    typed_subject(world& w, int number, Factory made_by, hf::client_options<Protocol> o)
        : subject(w, number)
    {
        made_by.owner = this;
        model_.limits = draw(o);
        if (o.prepare)
            o.prepare = preparation();
        o.clock = &w.clock;
        o.resolver = &w.names;
        o.observe = [this, alive = counted(w)](const hf::event& e) { observed(e); };
        service_.emplace(w.context, endpoint(w.net, *this), std::move(made_by), o);
    }

    void move() override
    {
        if (!service_)
            return;
        world_.note(*this, "move");
        hf::client_service<Protocol> elsewhere(std::move(*service_));
        service_.emplace(std::move(elsewhere));
    }

    void keep_current() override
    {
        if (service_ && service_->current() != nullptr)
            world_.kept.push_back(service_->current());
    }

    asio::awaitable<void> await_stop() override
    {
        constexpr auto token = asio::as_tuple(asio::use_awaitable);
        co_await service_->async_stop(token);
    }

    asio::awaitable<void> await_connection() override
    {
        constexpr auto token = asio::as_tuple(asio::use_awaitable);
        co_await service_->async_when_connected(token);
    }

    service_state state() const override { return service_->state(); }
    std::shared_ptr<void> current() const override { return service_->current(); }

private:
    simulation::limits draw(hf::client_options<Protocol>& o)
    {
        source& chance = world_.chance;
        o.attempt_timeout = 200ms + chance.time(10s); // a good dial takes 51 ms at most
        o.prepare_timeout = 1ms + chance.time(10s);
        o.stop_timeout = 1ms + chance.time(10s);
        o.stable_after = chance.time(10s);
        o.delay_floor = chance.time(1s);
        o.thread_safe = chance.chance(15);
        bool floored = true;
        switch (chance.below(6))
        {
        case 0:
            o.retry = hf::retry::immediately{};
            floored = false;
            break;
        case 1:
            o.retry = hf::retry::fixed{1s};
            break;
        case 2:
            o.retry = hf::retry::backoff{.max = 20s, .jitter = hf::retry::jitter::none};
            break;
        default:
            o.retry = [this, alive = counted(world_)](const hf::retry::context& c)
            { return delay(c); };
            o.delay_floor = std::max<hf::duration>(o.delay_floor, 1ms);
            break;
        }
        return {.attempt_timeout = o.attempt_timeout,
                .prepare_timeout = o.prepare_timeout,
                .stop_timeout = o.stop_timeout,
                .delay_floor = o.delay_floor,
                .floored = floored,
                .thread_safe = o.thread_safe};
    }

    hf::prepare_function<Protocol> preparation()
    {
        if (world_.chance.chance(30))
            return [this, alive = counted(world_)](Protocol&) { prepare_at_once(*this); };
        return [this, alive = counted(world_)](Protocol&)
        {
            called("prepare", origin::service);
            world_.may_throw(*this);
            return run_preparation(*this, alive);
        };
    }

    void call_start() override { service_->start(); }
    void call_stop() override { service_->stop(); }
    void call_retry_now() override { service_->retry_now(); }
    void call_reset() override { service_->reset(); }
    void call_destroy() override { service_.reset(); }

    void begin_stop(const std::shared_ptr<call>& c) override
    {
        if (c->on_strand)
            service_->async_stop(asio::bind_executor(world_.strand, promise(*this, c)));
        else
            service_->async_stop(promise(*this, c));
    }

    void begin_wait(const std::shared_ptr<call>& c) override
    {
        if (c->on_strand)
            service_->async_when_connected(c->limit,
                                           asio::bind_executor(world_.strand, promise(*this, c)));
        else if (world_.chance.chance(50))
            service_->async_when_connected(c->limit, c->why, promise(*this, c));
        else
            service_->async_when_connected(c->limit, promise(*this, c));
    }

    std::optional<hf::client_service<Protocol>> service_;
};

// The forms of a factory. The subject sets `owner`.

struct factory
{
    explicit factory(world& w) : alive(w) {}
    subject* owner = nullptr;
    counted alive;
};

struct object_factory : factory
{
    using factory::factory;
    std::shared_ptr<object_protocol> operator()(memory_stream stream) const
    {
        const int number = factory_called(*owner);
        if (!owner->all().calm && owner->all().chance.chance(5))
            return nullptr;
        return std::make_shared<object_protocol>(*owner, number, std::move(stream));
    }
};

struct object_factory_with_hooks : object_factory
{
    using object_factory::object_factory;
    void start() const { owner->factory_starts(); }
    void stop() const { owner->factory_stops(); }
};

struct session_factory : factory
{
    using factory::factory;
    asio::awaitable<void> operator()(memory_stream stream) const
    {
        const int number = factory_called(*owner);
        return run_session(*owner, std::move(stream), nullptr, number, alive);
    }
};

struct ready_session_factory : factory
{
    using factory::factory;
    asio::awaitable<void> operator()(memory_stream stream, hf::session& self) const
    {
        const int number = factory_called(*owner);
        return run_session(*owner, std::move(stream), &self, number, alive);
    }
};

struct callback_factory : factory
{
    using factory::factory;
    std::shared_ptr<callbacks> operator()() const
    {
        const int number = factory_called(*owner);
        return std::make_shared<callbacks>(*owner, number);
    }
};

template <class Protocol, class Factory>
std::unique_ptr<subject> make(world& w, int number, bool prepared)
{
    hf::client_options<Protocol> o;
    if (prepared)
        o.prepare = [](Protocol&) {}; // the subject has its own
    return std::make_unique<typed_subject<Protocol>>(w, number, Factory(w), o);
}
}

std::unique_ptr<subject> make_subject(world& w, int number)
{
    const bool prepared = w.chance.chance(50);
    switch (w.chance.below(5))
    {
    case 0:
        return make<object_protocol, object_factory>(w, number, prepared);
    case 1:
        return make<object_protocol, object_factory_with_hooks>(w, number, prepared);
    case 2:
        return make<hf::session, session_factory>(w, number, prepared);
    case 3:
        return make<hf::session, ready_session_factory>(w, number, false);
    default:
        return make<callbacks, callback_factory>(w, number, prepared);
    }
}
}
