// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_SUPERVISED_HPP
#define HOLDFAST_TOOL_RUN_SUPERVISED_HPP

#include "relay.hpp"
#include "run/config.hpp"
#include "run/job_end.hpp"
#include "run/services_view.hpp"

#include <holdfast/as_service.hpp>
#include <holdfast/observe/event.hpp>
#include <holdfast/observe/history.hpp>
#include <holdfast/resolvers/fixed_addresses.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace tool
{
/// One service of the configuration, as it lives.
class supervised : public std::enable_shared_from_this<supervised>
{
public:
    /// Is told of each event, and whose it is.
    using observer = std::function<void(const hf::event&, const supervised&)>;

    /// Makes it, stopped; nothing is opened. `observe` is told of each event when all that can be
    /// asked here is up to date.
    ///
    /// @throws std::invalid_argument
    static std::shared_ptr<supervised> make(const asio::any_io_executor& executor,
                                            service_config config, observer observe,
                                            const note_sink& note);

    const service_config& config() const noexcept { return config_; }
    const hf::history& history() const noexcept { return history_; }
    service_status status() const;

    /// What is put into the tree.
    const std::shared_ptr<hf::service>& service() const noexcept { return service_; }

    /// Takes hold of what its job needs. Throws `std::runtime_error`.
    void open();

    /// Has its job listen at a socket that listens already. False if it listens nowhere.
    bool adopt(hf::owned_descriptor& listening);

    /// Whether it has a listener to hand over.
    bool listening() const noexcept;

    /// Takes it over from another one where that is possible.
    bool take_over(supervised& other) noexcept;

    /// Lets go of all that its job holds, for good.
    void close() noexcept;

    /// Begins its file anew.
    void reopen();

    void retry();

    /// Ends the connection there is, and makes another.
    void reconnect();

private:
    using client = hf::tree_client<hf::session>;
    class client_with_job;
    class connection;

    supervised(const asio::any_io_executor& executor, service_config config, observer observe,
               const note_sink& note);

    void make_service(const asio::any_io_executor& executor);
    void observed(const hf::event& e);

    service_config config_;
    observer observe_;
    hf::history history_;
    std::shared_ptr<connection> connection_;
    std::shared_ptr<hf::service> service_;
    client* client_ = nullptr; // that is what the service is
};
}

#endif
