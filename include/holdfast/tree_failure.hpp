// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TREE_FAILURE_HPP
#define HOLDFAST_TREE_FAILURE_HPP

#include <holdfast/error.hpp>
#include <holdfast/failure.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace holdfast
{
/// What a service of a tree was doing when something went wrong.
enum class service_step : std::uint8_t
{
    start,          ///< Its start, privileged or not, threw.
    stop,           ///< Its stop threw, or told an error at its end.
    stop_in_time,   ///< It had not stopped when its time was over.
    becoming_ready, ///< It was started and told that it will not be ready.
};

/// How one service of a tree failed.
struct service_failure
{
    std::string path{}; ///< From the topmost service on: `root/feeds/a`. See `service::path`.
    service_step step = service_step::start;
    error_code code{};              ///< Never success.
    std::exception_ptr exception{}; ///< What was thrown, if that was it.

    /// Of a client service that gave up: the whole story of its last attempt. May be null.
    std::shared_ptr<const failure> cause{};

    bool operator==(const service_failure&) const = default;
};

/// Everything that went wrong in a tree, in the order in which it did. Holds nothing secret beyond
/// what the exceptions of the services say.
struct tree_failure
{
    std::vector<service_failure> services{};

    bool operator==(const tree_failure&) const = default;
};

/// One plain sentence, such as `root/feeds/a did not stop in time`.
std::string to_string(const service_failure& f);

/// The same of all, with `; ` between them.
std::string to_string(const tree_failure& f);

/// A tree could not be started: `start()` and `privileged_start()` throw it where a service within
/// has thrown. `what()` is the sentence of the failure.
class tree_error : public std::runtime_error
{
public:
    explicit tree_error(tree_failure why);

    const tree_failure& why() const noexcept { return why_; }

private:
    tree_failure why_;
};
}

#endif
