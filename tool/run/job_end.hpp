// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_JOB_END_HPP
#define HOLDFAST_TOOL_RUN_JOB_END_HPP

#include "local_end.hpp"
#include "run/config.hpp"

#include <holdfast/endpoints/owned_descriptor.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace tool
{
/// This side of a service's connections, for as long as there is the service.
class job_end : public local_end
{
public:
    /// Takes hold of what may need privileges, while there are some. Again: does nothing.
    ///
    /// @throws std::runtime_error with one line
    virtual void listen() {}

    /// Takes hold of all it needs, as the user who the program is from then on. Likewise.
    virtual void open() {}

    /// Whether it has a listener to hand over.
    virtual bool listening() const noexcept { return false; }

    /// Listens at a socket that listens already, instead of opening one. False if it does not
    /// listen.
    ///
    /// @throws std::runtime_error if that is not the kind of socket that it needs
    virtual bool adopt(hf::owned_descriptor& /*listening*/) { return false; }

    /// Takes over what `other` holds, so that it need not be opened. False if it has no use for it.
    virtual bool take_over(job_end& /*other*/) noexcept { return false; }

    /// Lets go of all it holds; it is of no more use.
    virtual void close() noexcept {}

    /// Begins its file anew, when that was moved away.
    virtual void reopen() {}

    /// Its service was started or stopped.
    virtual void wanted(bool /*now*/) noexcept {}

    /// The connection has ended. True if the next is wanted at once.
    virtual bool connection_ended() noexcept { return false; }
};

/// Is told what an end has to say, in one line.
using note_sink = std::function<void(std::string_view)>;

/// The end that the job needs; null where a command is run on each connection.
std::shared_ptr<job_end> make_job_end(const job_config& job, const asio::any_io_executor& executor,
                                      const note_sink& note);
}

#endif
