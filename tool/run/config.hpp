// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_CONFIG_HPP
#define HOLDFAST_TOOL_RUN_CONFIG_HPP

#include "error.hpp"

#include <holdfast/observe/log.hpp>
#include <holdfast/time.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tool
{
/// The configuration makes no sense. `what()` is one line that begins with file, line and column.
struct config_error : std::invalid_argument
{
    using std::invalid_argument::invalid_argument;
};

// What is done with the connection. Each tells what it is in `to_string`.

/// It is kept up, and what comes is dropped.
struct hold_job
{
    bool operator==(const hold_job&) const = default;
};

/// Clients of a listener on this machine are piped through, one after the other; each has a
/// connection of its own.
struct forward_job
{
    std::string listen{};     ///< `127.0.0.1:5000`, `[::1]:5000` or `unix:PATH`.
    std::size_t clients = 16; ///< So many may wait for their turn.
    hf::duration wait = std::chrono::seconds(10); ///< How long each waits.
    bool operator==(const forward_job&) const = default;
};

/// A command is run on each connection, which is its standard input and output.
struct exec_job
{
    std::string command{};
    bool operator==(const exec_job&) const = default;
};

/// What comes is written to a file, line by line.
struct log_job
{
    std::string file{};
    bool operator==(const log_job&) const = default;
};

using job_config = std::variant<hold_job, forward_job, exec_job, log_job>;

std::string to_string(const job_config& j);

/// What is said on a new connection before it counts as one: a text that is sent, or a pattern that
/// is waited for.
struct prepare_step
{
    bool expect = false;
    std::string text{};
    bool operator==(const prepare_step&) const = default;
};

/// One service. Two that are equal need not be told apart: on a reload its connection stays.
struct service_config
{
    std::string name{};
    std::string endpoint{};
    std::map<std::string, std::string> secrets{}; ///< As `client_record::secrets`.
    std::vector<std::string> resolve{};           ///< As `--resolve`.
    std::string retry{};                          ///< As `--retry`.
    std::optional<unsigned> fail_after{};
    hf::duration attempt_timeout = std::chrono::seconds(30);
    hf::duration prepare_timeout = std::chrono::seconds(30);
    hf::duration stop_timeout = std::chrono::seconds(5);
    hf::duration stable_after = std::chrono::seconds(10);
    std::optional<hf::duration> idle_timeout{};
    std::optional<hf::duration> max_age{};
    std::vector<prepare_step> prepare{};
    bool must_be_ready = true;
    bool autostart = true;
    job_config job{};
    bool operator==(const service_config&) const = default;
};

/// The program itself. What of it changes needs another start.
struct daemon_config
{
    std::string name = "holdfast"; ///< Of the tree of services.
    std::string control{};         ///< The path of the control socket; empty: the usual one.
    std::vector<std::string> control_users{}; ///< Who may use it besides root and ourselves.
    std::string status{};                     ///< Where the status page listens; empty: nowhere.
    std::string status_token{};               ///< `env:NAME` or `file:PATH`; empty: none.
    std::string user{};
    std::string group{};
    bool allow_root = false;
    std::string pid_file{};
    std::string working_directory{};
    std::optional<unsigned> umask{};
    hf::duration stop_timeout = std::chrono::seconds(20);
    hf::log_format log = hf::log_format::text;
    bool log_everything = false;
    bool operator==(const daemon_config&) const = default;
};

struct configuration
{
    daemon_config daemon{};
    std::vector<service_config> services{}; ///< In the order of the file.
};

/// More is not read.
inline constexpr std::size_t config_length_max = std::size_t(16) * 1024 * 1024;

/// Reads a configuration, and checks everything in it that can be checked without connecting.
///
/// @param name What the file is called in messages.
/// @throws config_error
configuration parse_config(std::string_view text, const std::string& name);

/// The same, of a file. Also that which it refers to must be there: files, secrets.
configuration read_config(const std::string& path);
}

#endif
