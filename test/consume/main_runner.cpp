// SPDX-License-Identifier: BSL-1.0
// A stranger's daemon.
#include <holdfast.hpp>

#include <boost/asio/post.hpp>

#include <iostream>

int main()
{
    holdfast::runner runner({.name = "root", .allow_root = true});
    boost::asio::post(runner.context(), [&] { runner.stop(); });
    const auto result = runner.run();
    std::cout << (result.end == holdfast::run_end::stopped ? "stopped" : result.why) << '\n';
    return static_cast<int>(result.end);
}
