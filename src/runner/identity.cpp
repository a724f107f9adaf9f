// SPDX-License-Identifier: BSL-1.0
#include "identity.hpp"

#include "../quoted.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::detail
{
namespace
{
constexpr std::size_t entry_size_max = std::size_t{1} << 20; // a group may have many members

[[noreturn]] void fail(const std::string& what)
{
    throw std::runtime_error(what);
}

void check(int result, const std::string& what)
{
    if (result != 0)
        fail("privileges: " + what + " failed: " + std::strerror(errno));
}

/// Asks one of the system's lists, with as much room as the answer takes. Null if it has no such
/// entry; `what` is for the message.
template <class Entry, class Ask>
const Entry* look_up(const std::string& what, const std::string& name, Ask ask, Entry& entry,
                     std::vector<char>& room)
{
    for (room.resize(1024); room.size() <= entry_size_max; room.resize(2 * room.size()))
    {
        Entry* found = nullptr;
        const int error = ask(name.c_str(), &entry, room.data(), room.size(), &found);
        if (error == 0)
            return found;
        if (error != ERANGE)
            fail(what + " cannot be looked up: " + std::strerror(error));
    }
    fail(what + " cannot be looked up: what the system has of it is too long");
}

identity::account account_of(const std::string& name)
{
    passwd entry{};
    std::vector<char> room;
    const auto* const found = look_up("user: " + quoted(name), name, ::getpwnam_r, entry, room);
    if (found == nullptr)
        fail("user: there is no " + quoted(name) + "; expected the name of a user of this system");
    return {name, found->pw_dir, found->pw_uid, found->pw_gid};
}

gid_t group_of(const std::string& name)
{
    group entry{};
    std::vector<char> room;
    const auto* const found = look_up("group: " + quoted(name), name, ::getgrnam_r, entry, room);
    if (found == nullptr)
        fail("group: there is no " + quoted(name) +
             "; expected the name of a group of this system");
    return found->gr_gid;
}

bool is_root()
{
    return ::geteuid() == 0 || ::getuid() == 0;
}

/// Of every thread, as glibc does it.
void change_account(const identity& i)
{
    if (i.become)
    {
        const auto group = i.group.value_or(i.become->group);
        check(::initgroups(i.become->name.c_str(), group), "taking the groups of the user");
        check(::setresgid(group, group, group), "changing the group");
        check(::setresuid(i.become->user, i.become->user, i.become->user), "changing the user");
        // What is run from here must not look for its files where it may not go.
        check(::setenv("HOME", i.become->home.c_str(), 1), "changing HOME");
        check(::setenv("USER", i.become->name.c_str(), 1), "changing USER");
        check(::setenv("LOGNAME", i.become->name.c_str(), 1), "changing LOGNAME");
    }
    else if (i.group)
    {
        check(::setgroups(1, &*i.group), "leaving the other groups");
        check(::setresgid(*i.group, *i.group, *i.group), "changing the group");
    }
}

void leave_bounding_set()
{
    // What may not be left (there is no CAP_SETPCAP) cannot be gained either: no program that is
    // run from here gets any capability.
    for (unsigned long c = 0; ::prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; ++c)
        static_cast<void>(::prctl(PR_CAPBSET_DROP, c, 0, 0, 0));
}

void leave_capabilities()
{
    check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0),
          "leaving the ambient capabilities");
    __user_cap_header_struct whose{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    check(static_cast<int>(::syscall(SYS_capset, &whose, none.data())), "leaving capabilities");
}

void check_no_way_back()
{
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    check(::getresuid(&real, &effective, &saved), "asking for the user");
    if (real == 0 || effective == 0 || saved == 0 || ::setresuid(0, 0, 0) == 0)
        fail("privileges: the process could become root again; this is a fault of the system or "
             "of the program, which does not go on so");
}
}

identity identity_of(const runner_options& options)
{
    identity i;
    if (!options.user.empty())
        i.become = account_of(options.user);
    if (!options.group.empty())
        i.group = group_of(options.group);

    if (is_root())
    {
        i.stays_root = i.become ? i.become->user == 0 : options.allow_root;
        if (!i.become && !i.stays_root)
            fail("user: this process runs as root and nobody said that it should; name the user "
                 "to go on as, or say that it is root (user = \"root\", allow_root)");
        return i;
    }
    if (i.become && i.become->user != ::geteuid())
        fail("user: this process is not root, so it cannot become " + quoted(options.user) +
             "; start it as root or as that user, or name none");
    if (i.group && *i.group != ::getegid())
        fail("group: this process is not root, so it cannot change to " + quoted(options.group) +
             "; start it as root or with that group, or name none");
    i.become = std::nullopt;
    i.group = std::nullopt;
    return i;
}

void assume(const identity& i)
{
    if (!i.stays_root)
        leave_bounding_set(); // while that is allowed
    change_account(i);
    if (i.stays_root)
        return;
    leave_capabilities();
    check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "refusing new privileges");
    check_no_way_back();
}
}
