// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_TOML_TABLE_HPP
#define HOLDFAST_TOOL_RUN_TOML_TABLE_HPP

#include "run/config.hpp"
#include "run/toml.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tool
{
/// Reads the members of a table, each of which must be known. What is wrong is a `config_error`
/// that has the place in the file.
class toml_table
{
public:
    /// `path` is what the table is called in messages, such as `services.cache`.
    toml_table(const toml::table& table, std::string file, std::string path)
        : table_(table)
        , file_(std::move(file))
        , path_(std::move(path))
    {
    }

    bool has(std::string_view key);

    // Each leaves `value` as it is if there is no such key.

    void read(std::string_view key, std::string& value);
    void read(std::string_view key, bool& value);
    void read(std::string_view key, std::vector<std::string>& value);
    void read(std::string_view key, std::map<std::string, std::string>& value);
    void read_count(std::string_view key, std::size_t& value, std::size_t least, std::size_t most);

    /// A length of time: text such as "1.5s", or a number of seconds.
    void read(std::string_view key, hf::duration& value, hf::duration least = hf::duration(1));
    void read(std::string_view key, std::optional<hf::duration>& value);

    /// One of `words`.
    template <class T>
    void read(std::string_view key, T& value,
              const std::vector<std::pair<std::string_view, T>>& words)
    {
        std::string word;
        read(key, word);
        if (!has(key))
            return;
        std::string known;
        for (const auto& [name, meaning] : words)
        {
            if (word == name)
            {
                value = meaning;
                return;
            }
            known += (known.empty() ? "" : ", ") + std::string(name);
        }
        refuse(key, quoted(word) + " is not one of " + known);
    }

    /// Calls `f` with each table of an array of tables.
    void each(std::string_view key, const std::function<void(toml_table&)>& f);

    /// Has `check` look at what `key` has; what that throws is told of its place.
    void checked(std::string_view key, const std::function<void()>& check) const;

    [[noreturn]] void refuse(std::string_view key, const std::string& problem) const;

    /// Refuses what was not asked for.
    void finish() const;

    const toml::table& table() const noexcept { return table_; }
    const std::string& path() const noexcept { return path_; }

private:
    const toml::node* find(std::string_view key);

    const toml::table& table_;
    std::string file_;
    std::string path_;
    std::vector<std::string> asked_;
};

/// `FILE:LINE:COLUMN: `.
std::string place(const std::string& file, const toml::source_region& where);
}

#endif
