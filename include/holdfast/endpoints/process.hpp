// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_PROCESS_HPP
#define HOLDFAST_ENDPOINTS_PROCESS_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/endpoints/process_error.hpp>
#include <holdfast/endpoints/process_stream.hpp>
#include <holdfast/endpoints/registry.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast
{
/// Where the standard error of a process goes.
enum class process_stderr
{
    inherit, ///< Where that of this program goes.
    null,    ///< Nowhere.
};

/// How a process is run.
struct process_options
{
    /// `NAME=VALUE`, added to the environment of this program, or in the place of what is there.
    /// Never shown: it may hold secrets, which arguments may not, since every user can see those.
    std::vector<std::string> environment = {};

    /// Where it runs; empty: where this program does.
    std::string directory = {};

    /// Where its standard error goes.
    process_stderr errors = process_stderr::inherit;

    /// How long it has between SIGTERM and SIGKILL when the stream was closed. Also how long its
    /// exit status is waited for after it has closed its output. More than zero, at most one hour.
    duration grace = std::chrono::seconds(1);
};

/// A program that is run anew for each connection, as a child of this one: its standard input and
/// output are the stream, its end is the loss of the connection, its exit status the reason.
///
/// It is in a session of its own, so that no signal of a terminal reaches it, with no descriptor
/// open but the three, with no signal blocked or ignored. When the connection is over it is ended,
/// and with it all of its process group, and it is waited for; but who left that group (as daemons
/// do) is not found. A service that is destroyed, rather than stopped, has it killed at once.
///
/// Whoever has SIGCHLD ignored, or waits for children that are not theirs, takes the exit status
/// away: each end then counts as one in good order.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
///
/// @par Example
/// @code
/// hf::client_service mail(executor, hf::process("ssh", {"mail.example.com", "imapd"}), ...);
/// @endcode
class process
{
public:
    using stream_type = process_stream;

    /// @param program A path, or a name that is looked for in the `PATH` of this program.
    /// @param arguments All but the first, which is `program`.
    /// @throws std::invalid_argument naming what is wrong
    explicit process(std::string program, std::vector<std::string> arguments = {},
                     process_options options = {});

    const std::string& program() const noexcept;
    const std::vector<std::string>& arguments() const noexcept;
    const process_options& options() const noexcept;

    /// Runs the program. Completes with the error and the stream; a program that cannot be run
    /// gives what the system says, such as `no_such_file_or_directory`.
    ///
    /// @par Cancellation
    /// Nothing is waited for: it has succeeded or failed by then.
    template <asio::completion_token_for<void(error_code, stream_type)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            start_connect{context.executor}, token, target_, context);
    }

    /// The description: `exec:program:argument...`, with the options that differ from the default,
    /// but without the environment.
    friend std::string to_string(const process& endpoint);

    /// Adds the kind `exec` to a registry, for descriptions. It is in none from the start: whoever
    /// can write a description could run anything.
    static void register_endpoints(registry& known);

    struct target; // what the endpoints copied from one another share

private:
    struct start_connect
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }
        template <class Handler>
        void operator()(Handler&& done, std::shared_ptr<const target> target,
                        const dial_context& context) const
        {
            start(detail::plain_handler(std::forward<Handler>(done), context.executor),
                  std::move(target), context);
        }
        static void start(asio::any_completion_handler<void(error_code, stream_type&&)> done,
                          std::shared_ptr<const target> target, const dial_context& context);
    };

    std::shared_ptr<const target> target_;
};
}

#endif
