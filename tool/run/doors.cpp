// SPDX-License-Identifier: BSL-1.0
#include "run/doors.hpp"

#include "control/control_path.hpp"
#include "saving/secrets.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tool
{
namespace
{
/// Users are looked up before there are threads. NOLINTBEGIN(concurrency-mt-unsafe)
const passwd* user_of(const std::string& name)
{
    return ::getpwnam(name.c_str());
}
// NOLINTEND(concurrency-mt-unsafe)

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

doors::doors(const asio::any_io_executor& executor, services_control& services,
             const daemon_config& config, note_sink note)
    : service(executor)
    , services_(services)
    , note_(std::move(note))
    , user_(config.user)
    , control_options_(
          {.path = path_of(config), .users = numbers_of(config.control_users), .log = note_})
    , page_options_({.address = config.status})
{
    if (!config.status_token.empty())
        page_options_.token = hf::detail::read_secret(config.status_token);
}

bool doors::adopt(std::string_view name, hf::owned_descriptor& listening)
{
    if (name == "control")
        control_options_.listener = listening.release();
    else if (name == "status")
        page_options_.listening = listening.release();
    else
        return false;
    return true;
}

/// The folder of the control socket is made for the user whom the program is about to become.
void doors::do_privileged_start()
{
    const auto folder = std::filesystem::path(control_options_.path).parent_path();
    const auto* const user = user_.empty() || ::geteuid() != 0 ? nullptr : user_of(user_);
    if (user != nullptr && !control_options_.listener && ::mkdir(folder.c_str(), 0755) == 0 &&
        ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error(fmt::format("control socket: the folder {} cannot be given to {}",
                                             tool::quoted(folder.string()), tool::quoted(user_)));
    open_page();
}

void doors::open_page()
try
{
    if (page_ || (page_options_.address.empty() && page_options_.listening < 0))
        return;
    page_.emplace(get_executor(), services_, page_options_);
    if (page_options_.listening < 0)
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
        fmt::format("status: cannot listen at {}: {}", page_options_.address, e.code().message()));
}

void doors::do_start()
{
    open_page();
    control_ = std::make_unique<control_server>(get_executor(), services_, control_options_);
}

void doors::do_stop()
{
    control_.reset();
    page_.reset();
    stopped();
}
}
