// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONNECTOR_HPP
#define HOLDFAST_TOOL_CONNECTOR_HPP

#include "error.hpp"
#include "relay.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/observe/log.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/resolvers/fixed_addresses.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tool
{
/// All that `holdfast connect` was told.
struct connect_options
{
    hf::any_endpoint endpoint;
    std::vector<hf::fixed_address> names{};
    hf::retry::policy retry{};
    bool once = false; ///< The first connection made is the last.
    std::optional<hf::duration> attempt_timeout{};
    std::optional<hf::duration> stable_after{};
    relay_options relay{};
    hf::log_format log = hf::log_format::text;
    bool quiet = false;
    bool verbose = false;
    std::string pid_file{};
};

/// Runs one service whose connections are relayed, until somebody wants no more.
class connector
{
public:
    explicit connector(connect_options options);

    exit_code run();

private:
    void observe(const hf::event& e);
    void lost(const hf::event& e);
    void finish(exit_code result);
    void wait_for_ending_signal();
    void wait_for_user_signal();
    void reconnect();
    void say(std::string_view text) const;

    connect_options options_;
    hf::log_lines log_;
    asio::io_context context_{1};
    hf::fixed_addresses names_{hf::default_resolver(context_.get_executor())};
    asio::signal_set ending_signals_{context_};
    asio::signal_set user_signals_{context_};
    relay relay_;
    hf::client_service<hf::session> service_;
    std::optional<exit_code> result_;
    bool reconnecting_ = false;
};
}

#endif
