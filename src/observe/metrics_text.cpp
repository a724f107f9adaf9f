// SPDX-License-Identifier: BSL-1.0
#include "metrics_series.hpp"
#include "words.hpp"

#include <array>
#include <charconv>
#include <numeric>
#include <type_traits>
#include <utility>

namespace holdfast::detail
{
namespace
{
/// Writes one family after the other. The description of each stands before its first sample, so
/// that what has not happened to any service leaves no trace.
class writer
{
public:
    writer(const std::vector<labelled_counts>& all, metrics_format format)
        : all_(all)
        , format_(format)
    {
        text_.reserve(all.size() * 2048);
    }

    struct family
    {
        std::string_view name{}; ///< Without `_total`.
        std::string_view type{};
        std::string_view help{};
    };

    /// A family whose samples `write(counts)` writes, for each service.
    template <class Write>
    void each(const family& f, Write write)
    {
        family_ = f;
        described_ = false;
        for (const auto& service : all_)
        {
            label_ = service.label;
            write(service.counts);
        }
    }

    template <class Member>
    void counter(std::string_view name, std::string_view help, Member member)
    {
        each({name, "counter", help},
             [&](const service_counts& c)
             {
                 if (c.*member != 0)
                     sample("_total", "", c.*member);
             });
    }

    /// One sample, with `more` labels beside the service's.
    template <class Value>
    void sample(std::string_view suffix, std::string_view more, Value value)
    {
        describe();
        text_.append(family_.name).append(suffix).append("{").append(label_).append(more);
        text_ += "} ";
        if constexpr (std::is_floating_point_v<Value>)
            number(value, std::chars_format::fixed);
        else
            number(value);
        text_ += '\n';
    }

    void samples(const histogram& h, const bounds& ends, std::string_view more)
    {
        const auto count = std::accumulate(h.counts.begin(), h.counts.end(), std::uint64_t{});
        if (count == 0)
            return;
        std::uint64_t so_far = 0;
        for (std::size_t i = 0; i <= ends.size(); ++i)
        {
            labels_.assign(more).append(",le=\"");
            labels_.append(i < ends.size() ? ends[i].text : "+Inf").append("\"");
            sample("_bucket", labels_, so_far += h.counts[i]);
        }
        sample("_sum", more, h.sum);
        sample("_count", more, count);
    }

    std::string end()
    {
        text_ += "# EOF\n";
        return std::move(text_);
    }

private:
    void describe()
    {
        if (std::exchange(described_, true))
            return;
        std::string name(family_.name);
        if (family_.type == "counter" && format_ == metrics_format::prometheus)
            name += "_total";
        text_.append("# TYPE ").append(name).append(" ").append(family_.type).append("\n");
        if (name.ends_with("_seconds"))
            text_.append("# UNIT ").append(name).append(" seconds\n");
        text_.append("# HELP ").append(name).append(" ").append(family_.help).append("\n");
    }

    template <class Value, class... How>
    void number(Value value, How... how)
    {
        std::array<char, 32> digits;
        const auto end = digits.data() + digits.size();
        text_.append(digits.data(), std::to_chars(digits.data(), end, value, how...).ptr);
    }

    const std::vector<labelled_counts>& all_;
    metrics_format format_;
    family family_;
    std::string text_;
    std::string labels_;
    std::string_view label_; // of the service
    bool described_ = false;
};

void write_failures(writer& w)
{
    std::string labels;
    w.each({"holdfast_failures", "counter", "Attempts that failed."},
           [&](const service_counts& c)
           {
               for (const auto& f : c.failures)
                   if (f.where != phase::session)
                   {
                       labels.assign(",phase=\"").append(to_string(f.where));
                       labels.append("\",class=\"").append(to_string(f.what)).append("\"");
                       w.sample("_total", labels, f.count);
                   }
           });
    w.each({"holdfast_connections_lost", "counter", "Connections that were lost."},
           [&](const service_counts& c)
           {
               for (const auto& f : c.failures)
                   if (f.where == phase::session)
                   {
                       labels.assign(",class=\"").append(to_string(f.what)).append("\"");
                       w.sample("_total", labels, f.count);
                   }
           });
}

void write_state(writer& w, time_point unix_epoch)
{
    w.each({"holdfast_connected", "gauge", "Whether there is a connection."},
           [&](const service_counts& c)
           { w.sample("", "", c.state == service_state::connected ? 1 : 0); });
    std::string labels;
    w.each({"holdfast_state", "gauge", "1 for the state that the service is in."},
           [&](const service_counts& c)
           {
               labels.assign(",state=\"").append(to_string(c.state)).append("\"");
               w.sample("", labels, 1);
           });
    w.each({"holdfast_last_change_timestamp_seconds", "gauge", "When the state changed last."},
           [&](const service_counts& c)
           {
               if (!c.changed)
                   return;
               const auto at =
                   std::chrono::round<std::chrono::milliseconds>(*c.changed - unix_epoch);
               w.sample("", "", std::chrono::duration<double>(at).count());
           });
}

void write_times(writer& w)
{
    w.each({"holdfast_attempt_duration_seconds", "histogram", "How long attempts took."},
           [&](const service_counts& c)
           {
               w.samples(c.made, short_times, ",outcome=\"connected\"");
               w.samples(c.failed, short_times, ",outcome=\"failed\"");
           });
    w.each({"holdfast_connection_lifetime_seconds", "histogram", "How long connections lasted."},
           [&](const service_counts& c) { w.samples(c.lifetime, long_times, ""); });
    w.each({"holdfast_time_without_connection_seconds", "histogram",
            "How long there was no connection before there was one."},
           [&](const service_counts& c) { w.samples(c.without, long_times, ""); });
    w.each({"holdfast_wait_duration_seconds", "histogram", "How long somebody waited for one."},
           [&](const service_counts& c) { w.samples(c.waits, short_times, ""); });
}
}

std::string service_label(std::string_view name)
{
    std::string label = "service=\"";
    while (!name.empty())
    {
        const auto length = character_length(name);
        if (name.front() == '\n')
            label += "\\n";
        else if (length == 0)
            label += "\xEF\xBF\xBD"; // U+FFFD
        else
        {
            if (name.front() == '"' || name.front() == '\\')
                label += '\\';
            label += name.substr(0, length);
        }
        name.remove_prefix(length != 0 ? length : 1);
    }
    return label += '"';
}

std::string metrics_text(const std::vector<labelled_counts>& all, time_point unix_epoch,
                         metrics_format format)
{
    writer w(all, format);
    w.counter("holdfast_attempts", "Attempts that were begun.", &service_counts::attempts);
    w.counter("holdfast_connections", "Connections that were ready for use.",
              &service_counts::connections);
    write_failures(w);
    w.counter("holdfast_give_ups", "How often the policy gave up.", &service_counts::give_ups);
    w.counter("holdfast_forced_ends", "Connections that were cut off and abandoned.",
              &service_counts::forced_ends);
    write_state(w, unix_epoch);
    write_times(w);
    return w.end();
}
}
