// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_TUNNEL_HPP
#define HOLDFAST_SRC_ENDPOINTS_TUNNEL_HPP

#include <holdfast/detail/proxy_client.hpp>
#include <holdfast/endpoints/proxy_options.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace holdfast::detail
{
/// The port of a proxy where none is given. No standard has one; curl has this one for all kinds.
constexpr std::uint16_t proxy_port = 1080;

/// `HOST:PORT` if that is all that the description of an endpoint of TCP has to say.
std::optional<std::string> plain_tcp(const std::string& below);

/// What those proxies have in common that are asked for a host and a port.
class tunnel_client : public proxy_client
{
public:
    std::string lookup_name() const override;
    duration timeout() const noexcept override { return options_.timeout; }
    std::string act() const override;
    std::shared_ptr<const std::string> not_reached() const noexcept override
    {
        return not_reached_;
    }
    std::shared_ptr<const std::string> asked() const noexcept override { return asked_; }
    std::string describe(const std::string& below) const override;

protected:
    /// `kind` as descriptions have it, `name` as people do. Throws `std::invalid_argument`.
    tunnel_client(const char* kind, const char* name, const std::string& proxy, std::string host,
                  std::uint16_t port, proxy_options options);

    [[noreturn]] void refuse(const std::string& what) const;

    const std::string& host() const noexcept { return ascii_host_; } ///< For the wire.
    const std::optional<asio::ip::address>& literal() const noexcept { return literal_; }
    std::uint16_t port() const noexcept { return port_; }
    const proxy_options& options() const noexcept { return options_; }

private:
    const char* const kind_;
    const char* const name_;
    const std::string host_; // as it was given
    const std::uint16_t port_;
    const proxy_options options_;
    std::optional<asio::ip::address> literal_; // where the host is an address
    std::string ascii_host_;
    std::shared_ptr<const std::string> not_reached_;
    std::shared_ptr<const std::string> asked_;
};
}

#endif
