// SPDX-License-Identifier: BSL-1.0
#include "secrets.hpp"

#include "../quoted.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace holdfast::detail
{
namespace
{
constexpr std::string_view environment = "env:";
constexpr std::string_view file = "file:";
constexpr std::size_t secret_length_max = 65'536;
constexpr std::ptrdiff_t depth_max = 8;

bool ends_with_password(std::string_view key)
{
    constexpr std::string_view word = "password";
    return key.size() >= word.size() &&
           std::equal(word.begin(), word.end(),
                      key.end() - static_cast<std::ptrdiff_t>(word.size()),
                      [](char a, char b) { return a == b || a == b - 'A' + 'a'; });
}

std::string first_line(const std::string& path)
{
    std::ifstream stream(path, std::ios::binary);
    std::string text(secret_length_max + 1, '\0');
    if (!stream.read(text.data(), static_cast<std::streamsize>(text.size())) && !stream.eof())
        throw std::invalid_argument("the file " + quoted(path) + " cannot be read");
    text.resize(static_cast<std::size_t>(stream.gcount()));
    const auto end = text.find_first_of("\r\n");
    if (end == text.npos && text.size() > secret_length_max)
        throw std::invalid_argument("the first line of " + quoted(path) + " is too long");
    text.resize(std::min(end, text.size()));
    return text;
}
}

bool holds_secret(std::string_view description)
{
    return without_secrets(description) != description ||
           description.find("PRIVATE KEY-----") != description.npos;
}

const char* wrong_secret_key(std::string_view key)
{
    // Whatever has this name is hidden in every message.
    if (!ends_with_password(key))
        return "the name of a secret must end with password";
    if (std::ranges::count(key, '.') > depth_max)
        return "a secret must not stand in more than 8 descriptions within one another";
    return key.find("..") != key.npos || key.starts_with('.') ? "a name is missing before a point"
                                                              : nullptr;
}

const char* wrong_secret_reference(std::string_view reference)
{
    for (const auto kind : {environment, file})
        if (reference.starts_with(kind) && reference.size() > kind.size() &&
            reference.find('\0') == reference.npos)
            return nullptr;
    return "must be env:NAME or file:PATH, which say where the secret is read from";
}

std::string read_secret(const std::string& reference)
{
    std::string secret;
    if (reference.starts_with(environment))
    {
        const auto name = reference.substr(environment.size());
        // Nobody sets variables while services are made. NOLINTNEXTLINE(concurrency-mt-unsafe)
        const char* const value = std::getenv(name.c_str());
        if (value == nullptr)
            throw std::invalid_argument("the variable " + quoted(name) +
                                        " of the environment is not set");
        secret = value;
    }
    else
        secret = first_line(reference.substr(file.size()));
    if (secret.empty())
        throw std::invalid_argument("there is nothing in " + quoted(reference));
    return secret;
}

description with_secret(description d, std::string_view key, const std::string& secret)
{
    const auto point = key.find('.');
    const auto own = key.substr(0, point);
    const auto found = std::ranges::find(d.keywords, own, &description::keyword_argument::key);
    if (point == key.npos)
    {
        if (found != d.keywords.end())
            throw std::invalid_argument("the description has a " + quoted(own) + " already");
        d.keywords.push_back({.key = std::string(own), .value = {.value = secret}});
        return d;
    }
    if (found == d.keywords.end())
        throw std::invalid_argument("the description has no " + quoted(own));
    found->value.value = to_string(
        with_secret(parse_description(found->value.value), key.substr(point + 1), secret));
    return d;
}
}
