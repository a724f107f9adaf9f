// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_SUPERVISOR_HPP
#define HOLDFAST_TOOL_RUN_SUPERVISOR_HPP

#include "run/config.hpp"
#include "run/services_control.hpp"
#include "run/supervised.hpp"

#include <holdfast/multi_service.hpp>
#include <holdfast/observe/metrics.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tool
{
/// What runs of a configuration, in a tree. One thread.
class supervisor final : public services_control
{
public:
    /// Reads the configuration again. Throws `config_error`.
    using loader = std::function<configuration()>;

    /// Makes all services, stopped.
    ///
    /// @param line Gets the lines of the log, without their ends.
    /// @param note Gets what else there is to say, in one line.
    /// @throws std::invalid_argument
    supervisor(hf::multi_service& tree, configuration c, loader load, hf::log_lines::sink line,
               note_sink note);
    ~supervisor() override;

    /// Puts those into the tree that are to be started with it. Once.
    void enter_tree();

    /// Has the service of that name forward from a socket that listens already. False if it is none
    /// that forwards.
    bool adopt(std::string_view name, hf::owned_descriptor& listening);

    hf::time_point now() const override { return clock_.now(); }
    std::vector<service_status> all() const override;
    std::optional<service_status> find(std::string_view name) const override;
    std::vector<hf::attempt_record> attempts(std::string_view name) const override;
    std::string why(std::string_view name) const override;
    bool ready() const override;
    std::string metrics(hf::metrics_format format) const override;

    bool start(std::string_view name) override;
    bool stop(std::string_view name) override;
    bool retry(std::string_view name) override;
    bool reconnect(std::string_view name) override;
    reload_result reload() override;

    /// `17 of 20 connected`, for whoever has room for a few words.
    std::string summary() const;

private:
    using pointer = std::shared_ptr<supervised>;
    struct difference;

    pointer make(service_config c);
    supervised* at(std::string_view name) const;
    void add(const pointer& s);
    void compare(configuration next, difference& d);
    void open(difference& d) const;
    std::vector<std::string> carry_out(difference& d);
    void leave(const pointer& s);

    hf::multi_service& tree_;
    hf::clock& clock_;
    loader load_;
    hf::log_lines::sink line_;
    note_sink note_;
    hf::metrics metrics_;
    daemon_config daemon_;
    std::vector<pointer> services_; // in the order of the configuration
    std::map<std::string, pointer, std::less<>> names_;
    std::map<hf::service*, pointer> leaving_; // have been removed, and must still stop
};
}

#endif
