// SPDX-License-Identifier: BSL-1.0
#include "fault/network.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace fault
{
namespace
{
using support::owned_descriptor;
using support::process;

std::string path_of(const owned_descriptor& d)
{
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(d.get());
}

owned_descriptor namespace_now()
{
    owned_descriptor d(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (d.get() < 0)
        throw std::system_error(errno, std::generic_category(), "/proc/thread-self/ns/net");
    return d;
}

void unshare(int what, const char* name)
{
    if (::unshare(what) != 0)
        throw missing(name, std::strerror(errno));
}

void enter(const owned_descriptor& where)
{
    if (::setns(where.get(), CLONE_NEWNET) != 0)
        throw std::system_error(errno, std::generic_category(), "setns");
}

void write(const std::string& path, const std::string& text)
{
    std::ofstream file(path);
    file << text << std::flush;
    if (!file)
        throw missing(path, "it cannot be written");
}

/// What the shell says if it fails.
std::string failure_of(std::vector<std::string> line)
{
    const std::string text = line.back();
    process p(std::move(line));
    const auto status = p.wait();
    if (status == 0)
        return {};
    return "\"" + text + "\" failed: " + p.errors() + p.output();
}

std::vector<std::string> shell(const std::string& commands)
{
    return {"/bin/sh", "-ec", commands};
}

/// Connects to a port there where nobody listens: once that is refused the cable carries packets.
void await_refusal()
{
    const owned_descriptor s(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(1);
    ::inet_pton(AF_INET, "10.0.0.2", &peer.sin_addr);
    if (::connect(s.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0 ||
        errno != ECONNREFUSED)
        throw std::system_error(errno, std::generic_category(), "the cable carries nothing");
}

void run(std::vector<std::string> line)
{
    if (const auto why = failure_of(std::move(line)); !why.empty())
        throw std::runtime_error(why);
}
}

network::network()
{
    const auto user = ::geteuid();
    const auto group = ::getegid();
    // Whoever is not root becomes it, in a world of his own, if the kernel lets him.
    unshare((user != 0 ? CLONE_NEWUSER : 0) | CLONE_NEWNET | CLONE_NEWNS, "namespaces");
    if (user != 0)
    {
        write("/proc/self/setgroups", "deny");
        write("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
        write("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
    }
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        throw missing("private mounts", std::strerror(errno));
    there_ = namespace_now();
    unshare(CLONE_NEWNET, "namespaces");
    here_ = namespace_now();

    need_here("veth", "ip link add cable type veth peer name cable netns " + path_of(there_));
    const std::string filter = "nft 'add table inet fault;"
                               " add chain inet fault in { type filter hook input priority 0; };"
                               " add chain inet fault out { type filter hook output priority 0; }'";
    need_here("nftables", filter);
    there(filter);
    here("ip link set lo up; ip link set cable up; ip addr add 10.0.0.1/24 dev cable");
    there("ip link set lo up; ip link set cable up; ip addr add 10.0.0.2/24 dev cable");
    await_refusal();
}

void network::here(const std::string& commands) const
{
    run(shell(commands));
}

void network::need_here(const std::string& feature, const std::string& commands) const
{
    if (const auto why = failure_of(shell(commands)); !why.empty())
        throw missing(feature, why);
}

void network::there(const std::string& commands) const
{
    run(there(shell(commands)));
}

std::vector<std::string> network::there(std::vector<std::string> command) const
{
    command.insert(command.begin(), {"nsenter", "--net=" + path_of(there_), "--", "setpriv",
                                     "--pdeathsig", "KILL", "--"});
    return command;
}

void network::there(const std::function<void()>& f) const
{
    struct back
    {
        const network& n;
        ~back() { enter(n.here_); }
    };
    enter(there_);
    const back at_the_end{*this};
    f();
}

void network::move_there() const
{
    enter(there_);
}

void network::ask_for_names(const std::string& server) const
{
    // In this process's own view of the files.
    if (::mount("fault", "/mnt", "tmpfs", 0, nullptr) != 0)
        throw missing("tmpfs", std::strerror(errno));
    write("/mnt/resolv.conf", "nameserver " + server + "\n");
    write("/mnt/nsswitch.conf", "hosts: files dns\n");
    for (const std::string name : {"resolv.conf", "nsswitch.conf"})
        if (::mount(("/mnt/" + name).c_str(), ("/etc/" + name).c_str(), nullptr, MS_BIND,
                    nullptr) != 0)
            throw missing("a mount on /etc/" + name, std::strerror(errno));
}
}
