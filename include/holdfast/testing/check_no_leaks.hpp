// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TESTING_CHECK_NO_LEAKS_HPP
#define HOLDFAST_TESTING_CHECK_NO_LEAKS_HPP

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace holdfast
{
class clock;
}

namespace holdfast::testing
{
class scripted_endpoint;
class scripted_resolver;

/// Remembers which descriptors were open when it was made, and tells later what is left over.
///
/// It belongs to no test framework: `left()` gives plain sentences, and none if all is well. Ask it
/// with the context still there to find what its users left, or after its end to find what it left
/// itself; make it on the same side of the context. A context opens descriptors of its own with its
/// first socket.
///
/// @par Example
/// @code
/// testing::check_no_leaks leaks;
/// leaks.watch(clock).watch(endpoint);
/// // ... the life of a client ...
/// EXPECT_EQ(leaks.left(), std::vector<std::string>{});
/// @endcode
class check_no_leaks
{
public:
    check_no_leaks();

    /// Tells also of timers that are armed on `c`, beyond those that are now. It must live on.
    check_no_leaks& watch(const clock& c);

    /// Tells also of dials that go on and of streams that are open.
    check_no_leaks& watch(const scripted_endpoint& e);

    /// Tells also of lookups that go on. It must live on.
    check_no_leaks& watch(const scripted_resolver& r);

    /// What was left over, one sentence each, such as `descriptor 9 is open: socket:[4711]` or
    /// `2 timers are armed`. Descriptors are told only where there is /proc.
    std::vector<std::string> left() const;

private:
    std::map<int, std::string> descriptors_; // what each was at first
    std::vector<std::function<void(std::vector<std::string>&)>> watched_;
};
}

#endif
