// SPDX-License-Identifier: BSL-1.0
#include "certificate_words.hpp"

#include "../quoted.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace holdfast::detail
{
namespace
{
namespace asio = boost::asio;

constexpr std::size_t names_max = 8; // that are listed; a certificate may have thousands

constexpr std::size_t name_max = 200; // the bytes of one that are shown

std::string raw_text_of(const X509_NAME* name)
{
    const owned_bio memory(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    const auto text = text_of(memory.get());
    return text.empty() ? "a name that is empty" : text;
}

std::string_view view(const ASN1_STRING* s)
{
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)),
            static_cast<std::size_t>(ASN1_STRING_length(s))};
}

/// An address as a certificate has it: 4 or 16 bytes.
std::string say_address(const ASN1_OCTET_STRING* s)
{
    const auto bytes = view(s);
    asio::ip::address_v4::bytes_type v4;
    asio::ip::address_v6::bytes_type v6;
    if (bytes.size() == v4.size())
    {
        std::memcpy(v4.data(), bytes.data(), v4.size());
        return asio::ip::address_v4(v4).to_string();
    }
    if (bytes.size() != v6.size())
        return "an address that is none";
    std::memcpy(v6.data(), bytes.data(), v6.size());
    return asio::ip::address_v6(v6).to_string();
}
}

std::string text_of(const X509_NAME* name)
{
    return one_line(raw_text_of(name), name_max);
}

std::string say(const X509_NAME* name)
{
    return quoted(raw_text_of(name));
}

std::string say(std::time_t t)
{
    std::tm parts{};
    std::array<char, 32> buffer{};
    ::gmtime_r(&t, &parts);
    std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return buffer.data();
}

std::time_t time_of(const ASN1_TIME* t)
{
    std::tm parts{};
    ASN1_TIME_to_tm(t, &parts);
    return ::timegm(&parts);
}

std::vector<std::string> names_of(const X509* certificate, bool in_marks)
{
    std::vector<std::string> names;
    const owned_names all(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i)
    {
        const GENERAL_NAME* const one = sk_GENERAL_NAME_value(all.get(), i);
        if (one->type == GEN_DNS)
            names.push_back(in_marks ? quoted(view(one->d.dNSName))
                                     : one_line(view(one->d.dNSName), name_max));
        else if (one->type == GEN_IPADD)
            names.push_back(say_address(one->d.iPAddress));
    }
    return names;
}

std::string listed(const std::vector<std::string>& names)
{
    std::string line;
    const auto shown = std::min(names.size(), names_max);
    for (std::size_t i = 0; i < shown; ++i)
        line += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    if (shown < names.size())
        line += " and " + std::to_string(names.size() - shown) + " more";
    return line;
}
}
