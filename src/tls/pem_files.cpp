// SPDX-License-Identifier: BSL-1.0
#include "pem_files.hpp"

#include "../quoted.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <sys/stat.h>

namespace holdfast::detail
{
namespace
{
constexpr std::size_t file_max = 16 << 20; // some hundred times what all roots of a system take
constexpr std::size_t directory_max = 10'000;
constexpr std::size_t path_max = 4096; // of Linux: a path is of use only when it is whole

/// Keys with a password are not read: by default OpenSSL would ask whoever sits at the terminal.
int no_password(char*, int, int, void*)
{
    return -1;
}

/// All objects of one kind in a text. `Read` gives null at the end.
template <class Owned, auto Read>
std::vector<Owned> all_of(const char* option, const std::string& value, const std::string& text,
                          const char* what)
{
    std::vector<Owned> found;
    const auto bio = reader_of(text);
    ERR_clear_error();
    while (auto* one = Read(bio.get(), nullptr, no_password, nullptr))
        found.emplace_back(one);
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const auto reason = take_reason();
    if (!at_end)
        refuse_file(option, value, std::string("has PEM that cannot be read: ") + reason);
    if (found.empty())
        refuse_file(option, value, std::string("holds no ") + what);
    return found;
}

bool is_hashed(const std::string& name) // such as 5ed36f99.0
{
    return name.size() >= 10 && name[8] == '.' && name.find_first_not_of("0123456789abcdef") == 8 &&
           name.find_first_not_of("0123456789", 9) == name.npos;
}

/// The files of a directory that look like certificates, sorted.
std::vector<std::string> certificate_files(const std::string& directory)
{
    std::vector<std::string> paths;
    std::error_code ec;
    for (std::filesystem::directory_iterator it(directory, ec), end; !ec && it != end;
         it.increment(ec))
    {
        const auto ending = it->path().extension();
        if (paths.size() < directory_max && (ending == ".pem" || ending == ".crt" ||
                                             ending == ".cer" || is_hashed(it->path().filename())))
            paths.push_back(it->path());
    }
    std::ranges::sort(paths);
    return paths;
}
}

void refuse_file(const char* option, const std::string& value, const std::string& problem)
{
    throw std::invalid_argument(std::string("tls: ") + option + " " +
                                (is_pem(value) ? "(PEM)" : quoted(value, path_max)) + " " +
                                problem);
}

bool is_pem(std::string_view text)
{
    return text.find("-----BEGIN") != text.npos;
}

std::vector<owned_certificate> pem_files::certificates(const char* option, const std::string& value)
{
    return all_of<owned_certificate, PEM_read_bio_X509>(option, value, read(option, value),
                                                        "certificate");
}

std::vector<owned_certificate> pem_files::trusted(const char* option, const std::string& value)
{
    std::error_code ignored; // what cannot be looked at cannot be read either, and says so
    if (is_pem(value) || !std::filesystem::is_directory(value, ignored))
        return all_of<owned_certificate, PEM_read_bio_X509_AUX>(option, value, read(option, value),
                                                                "certificate");
    stamps_.push_back(look_at(value)); // changes with the names in it
    std::vector<owned_certificate> found;
    for (const auto& path : certificate_files(value))
        for (auto& one : trusted(option, path))
            found.push_back(std::move(one));
    if (found.empty())
        refuse_file(option, value, "is a directory without certificates (.pem, .crt, .cer)");
    return found;
}

std::vector<owned_crl> pem_files::lists(const char* option, const std::string& value)
{
    return all_of<owned_crl, PEM_read_bio_X509_CRL>(option, value, read(option, value),
                                                    "certificate revocation list");
}

owned_key pem_files::private_key(const char* option, const std::string& value)
{
    const auto text = read(option, value);
    const auto bio = reader_of(text);
    ERR_clear_error();
    owned_key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    if (key != nullptr)
        return key;
    if (text.find("ENCRYPTED") != text.npos)
        refuse_file(option, value,
                    "is a key with a password, which is not asked for; take it off with openssl "
                    "pkey, and let nobody else read the file");
    if (text.find("PRIVATE KEY-----") == text.npos)
        refuse_file(option, value, "holds no private key");
    refuse_file(option, value, "has a private key that cannot be read: " + take_reason());
}

bool pem_files::changed() const
{
    return std::ranges::any_of(stamps_, [](const stamp& s) { return look_at(s.path) != s; });
}

pem_files::stamp pem_files::look_at(const std::string& path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return {.path = path};
    return {.path = path,
            .modified_s = status.st_mtim.tv_sec,
            .modified_ns = status.st_mtim.tv_nsec,
            .size = static_cast<std::uint64_t>(status.st_size),
            .inode = status.st_ino};
}

std::string pem_files::read(const char* option, const std::string& value)
{
    if (is_pem(value))
        return value;
    stamps_.push_back(look_at(value)); // before it is read: what changes meanwhile is read again
    const std::unique_ptr<std::FILE, freed_by<std::fclose>> file(std::fopen(value.c_str(), "rbe"));
    if (file == nullptr)
        refuse_file(option, value, "cannot be read: " + std::generic_category().message(errno));
    std::string text;
    char buffer[16384];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file.get())) != 0;)
        if (text.append(buffer, n).size() > file_max)
            refuse_file(option, value, "is longer than 16 MiB");
    if (std::ferror(file.get()) != 0)
        refuse_file(option, value, "cannot be read: " + std::generic_category().message(errno));
    return text;
}
}
