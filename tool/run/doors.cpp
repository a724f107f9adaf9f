// SPDX-License-Identifier: BSL-1.0
#include "run/doors.hpp"

#include "control/control_path.hpp"
#include "saving/secrets.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tool
{
namespace
{
/// Users are looked up before there are threads.
const passwd* user_of(const std::string& name)
{
    return ::getpwnam(name.c_str()); // NOLINT(concurrency-mt-unsafe)
}

std::vector<uid_t> numbers_of(const std::vector<std::string>& users)
{
    std::vector<uid_t> numbers;
    for (const auto& name : users)
    {
        const auto* const user = user_of(name);
        if (user == nullptr)
            throw std::invalid_argument("daemon.control_users: there is no user " +
                                        tool::quoted(name));
        numbers.push_back(user->pw_uid);
    }
    return numbers;
}

std::string path_of(const daemon_config& c)
{
    if (!c.control.empty())
        return c.control;
    if (auto usual = default_control_path())
        return *std::move(usual);
    throw std::invalid_argument("daemon.control: there is no usual place for the control socket "
                                "here (no XDG_RUNTIME_DIR); say where it is to be");
}
}

door_options door_options_of(const daemon_config& config)
{
    door_options o{.control = {.users = numbers_of(config.control_users)},
                   .page = {.address = config.status}};
    try
    {
        if (!config.status_token.empty())
            o.page.token = hf::detail::read_secret(config.status_token);
    }
    catch (const std::invalid_argument& e)
    {
        throw std::invalid_argument(std::string("daemon.status_token: ") + e.what());
    }
    if (!config.status.empty())
        check(o.page);
    return o;
}

void check_identity(const daemon_config& config)
{
    if (!config.user.empty() && user_of(config.user) == nullptr)
        throw std::invalid_argument("daemon.user: there is no user " + tool::quoted(config.user));
    if (!config.group.empty() &&
        ::getgrnam(config.group.c_str()) == nullptr) // NOLINT(concurrency-mt-unsafe)
        throw std::invalid_argument("daemon.group: there is no group " +
                                    tool::quoted(config.group));
}

doors::doors(const asio::any_io_executor& executor, services_control& services,
             const daemon_config& config, note_sink note)
    : service(executor)
    , services_(services)
    , note_(std::move(note))
    , user_(config.user)
    , options_(door_options_of(config))
{
    options_.control.path = path_of(config);
    options_.control.log = note_;
}

bool doors::adopt(std::string_view name, hf::owned_descriptor& listening)
{
    if (name == "control")
        options_.control.listener = listening.release();
    else if (name == "status")
        options_.page.listening = listening.release();
    else
        return false;
    return true;
}

/// The folder of the control socket is made for the user whom the program is about to become.
void doors::do_privileged_start()
{
    const auto folder = std::filesystem::path(options_.control.path).parent_path();
    const auto* const user = user_.empty() || ::geteuid() != 0 ? nullptr : user_of(user_);
    if (user != nullptr && !options_.control.listener && ::mkdir(folder.c_str(), 0755) == 0 &&
        ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error(fmt::format("control socket: the folder {} cannot be given to {}",
                                             tool::quoted(folder.string()), tool::quoted(user_)));
    open_page();
}

void doors::open_page()
try
{
    if (page_ || (options_.page.address.empty() && options_.page.listening < 0))
        return;
    page_.emplace(get_executor(), services_, options_.page);
    if (options_.page.listening < 0)
    {
        const auto at = page_->local_endpoint();
        const bool ipv6 = at.address().is_v6();
        note_(fmt::format("the status page is at http://{}{}{}:{}/", ipv6 ? "[" : "",
                          at.address().to_string(), ipv6 ? "]" : "", at.port()));
    }
}
catch (const boost::system::system_error& e)
{
    throw std::runtime_error(
        fmt::format("status: cannot listen at {}: {}", options_.page.address, e.code().message()));
}

void doors::do_start()
{
    open_page();
    control_ = std::make_unique<control_server>(get_executor(), services_, options_.control);
}

void doors::do_stop()
{
    control_.reset();
    page_.reset();
    stopped();
}
}
