// SPDX-License-Identifier: BSL-1.0
#include "run/supervised.hpp"

#include "known_endpoints.hpp"
#include "retry_option.hpp"

#include <holdfast/clock.hpp>
#include <holdfast/endpoints/made_per_attempt.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/saving/service_kinds.hpp>

#include <utility>

namespace tool
{
namespace
{
relay_options relay_options_of(const service_config& c)
{
    relay_options o{.idle_timeout = c.idle_timeout, .max_age = c.max_age};
    for (const auto& step : c.prepare)
        step.expect ? o.dialogue.expect(step.text) : o.dialogue.send(step.text);
    if (const auto* const e = std::get_if<exec_job>(&c.job))
        o.command = e->command;
    if (std::holds_alternative<forward_job>(c.job))
        o.linger_unheard = std::chrono::milliseconds(100); // others wait for their turn
    return o;
}

/// Secrets are read anew for each attempt: what was rotated is used without anybody asking.
hf::any_endpoint endpoint_of(const service_config& c)
{
    const hf::client_record r{.endpoint = c.endpoint, .secrets = c.secrets};
    auto now = hf::make_endpoint(r, known_endpoints());
    if (c.secrets.empty())
        return now;
    auto name = to_string(hf::make_endpoint({.endpoint = c.endpoint}, known_endpoints()));
    return hf::any_endpoint(
        hf::made_per_attempt(std::move(name), [r](const hf::dial_context&)
                             { return hf::make_endpoint(r, known_endpoints()); }));
}
}

/// What its connections share with it; they may outlive it.
class supervised::connection
{
public:
    connection(const asio::any_io_executor& executor, const service_config& c,
               const note_sink& note)
        : end(make_job_end(c.job, executor, note))
        , names(hf::default_resolver(executor))
        , through(relay_options_of(c), executor, end)
    {
        for (const auto& r : c.resolve)
            names.add(hf::parse_fixed_address(r));
    }

    asio::awaitable<void> run(hf::stream stream, hf::session& session)
    {
        const struct at_end
        {
            connection& c;
            ~at_end()
            {
                if (c.end != nullptr && c.end->connection_ended())
                    c.again = true;
            }
        } guard{*this};
        co_await through.run(std::move(stream), session);
    }

    std::shared_ptr<job_end> end;
    hf::fixed_addresses names;
    relay through;
    bool again = false; // the connection was ended so that there is another
};

/// The client service, whose job takes hold of what it needs before privileges are dropped.
class supervised::client_with_job final : public client
{
public:
    client_with_job(hf::client_service<hf::session> c, std::shared_ptr<job_end> end)
        : hf::tree_client<hf::session>(std::move(c))
        , end_(std::move(end))
    {
    }

private:
    void do_privileged_start() override
    {
        if (end_ != nullptr)
            end_->listen();
    }

    void do_start() override
    {
        if (end_ != nullptr)
            end_->open();
        hf::tree_client<hf::session>::do_start();
    }

    std::shared_ptr<job_end> end_;
};

std::shared_ptr<supervised> supervised::make(const asio::any_io_executor& executor,
                                             service_config config, observer observe,
                                             const note_sink& note)
{
    const std::shared_ptr<supervised> made(
        new supervised(executor, std::move(config), std::move(observe), note));
    made->make_service(executor);
    return made;
}

supervised::supervised(const asio::any_io_executor& executor, service_config config,
                       observer observe, const note_sink& note)
    : config_(std::move(config))
    , observe_(std::move(observe))
    , connection_(std::make_shared<connection>(executor, config_,
                                               [note, name = config_.name](std::string_view text)
                                               { note(name + ": " + std::string(text)); }))
{
}

void supervised::make_service(const asio::any_io_executor& executor)
{
    hf::client_options<hf::session> o{.name = config_.name,
                                      .retry = parse_retry(config_.retry, config_.fail_after),
                                      .attempt_timeout = config_.attempt_timeout,
                                      .prepare_timeout = config_.prepare_timeout,
                                      .stop_timeout = config_.stop_timeout,
                                      .stable_after = config_.stable_after,
                                      .observe =
                                          [weak = weak_from_this()](const hf::event& e)
                                      {
                                          if (const auto self = weak.lock())
                                              self->observed(e);
                                      },
                                      .resolver = &connection_->names};
    hf::client_service<hf::session> c(
        executor, endpoint_of(config_), [shared = connection_](hf::stream s, hf::session& session)
        { return shared->run(std::move(s), session); }, o);
    auto made = std::make_shared<client_with_job>(std::move(c), connection_->end);
    client_ = made.get();
    service_ = std::move(made);
}

void supervised::observed(const hf::event& e)
{
    history_(e);
    auto& c = *connection_;
    if (c.end != nullptr)
        c.end->wanted(hf::core::running(e.state));
    if (e.kind == hf::event_kind::dialling)
        c.again = false;
    observe_(e, *this);
    const bool between = e.kind == hf::event_kind::waiting || e.kind == hf::event_kind::parked;
    if (between && std::exchange(c.again, false))
        client_->client().reset();
}

service_status supervised::status() const
{
    return {.name = config_.name,
            .endpoint = client_->client().description(),
            .job = to_string(config_.job),
            .state = client_->client().state(),
            .ready = history_.ready(),
            .must_be_ready = config_.must_be_ready,
            .since = history_.since(),
            .attempt = history_.attempt(),
            .failures = history_.failures(),
            .connections = history_.connections(),
            .next_attempt = history_.next_attempt(),
            .last_failure = history_.last_failure(),
            .failed_at = history_.failed_at()};
}

void supervised::open()
{
    if (connection_->end != nullptr)
        connection_->end->open();
}

bool supervised::adopt(hf::owned_descriptor& listening)
{
    return connection_->end != nullptr && connection_->end->adopt(listening);
}

bool supervised::listening() const noexcept
{
    return connection_->end != nullptr && connection_->end->listening();
}

bool supervised::take_over(supervised& other) noexcept
{
    return connection_->end != nullptr && other.connection_->end != nullptr &&
           connection_->end->take_over(*other.connection_->end);
}

void supervised::close() noexcept
{
    if (connection_->end != nullptr)
        connection_->end->close();
}

void supervised::reopen()
{
    if (connection_->end != nullptr)
        connection_->end->reopen();
}

void supervised::retry()
{
    client_->client().retry_now();
}

void supervised::reconnect()
{
    if (connection_->through.close(errc::asked_to_reconnect))
        connection_->again = true;
    else
        retry();
}
}
