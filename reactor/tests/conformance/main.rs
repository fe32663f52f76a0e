//! One suite of behaviours, stamped over every net, as Twisted's `ReactorBuilder` stamps its cases
//! over every reactor: what a protocol sees on a [`MockNet`](reactor::testing::MockNet) or in the
//! simulator is what it will see on real sockets, and what it sees in the clear it sees under TLS.
//!
//! Every behaviour is a function of a [`Stage`](nets::Stage), listed below, and runs on all of
//! them. What only one net can show is in `panics`, and says so in its names.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod cast;
#[path = "../support/certs.rs"]
mod certs;
mod dialling;
mod ends;
mod half_close;
mod nets;
mod order;
mod panics;
mod patience;
mod peers;
mod ports;
mod pressure;
mod randomness;
mod reading;
mod scene;
mod signals;
mod stops;
mod streams;
mod timers;

/// Makes a test of every behaviour on every net, such as `mio::order::the_server_may_speak_first`.
macro_rules! on_every_net {
    ($($subjects:tt)+) => {
        stamp! { mio: crate::nets::Mio; $($subjects)+ }
        stamp! { sim: crate::nets::Sim; $($subjects)+ }
        stamp! { sim_faulty: crate::nets::FaultySim; $($subjects)+ }
        stamp! { mock: crate::nets::Mock; $($subjects)+ }
        stamp! { mio_tls: crate::nets::Tls<crate::nets::Mio>; $($subjects)+ }
        stamp! { sim_tls: crate::nets::Tls<crate::nets::Sim>; $($subjects)+ }
        stamp! { sim_faulty_tls: crate::nets::Tls<crate::nets::FaultySim>; $($subjects)+ }
        stamp! { mock_tls: crate::nets::Tls<crate::nets::Mock>; $($subjects)+ }
    };
}

macro_rules! stamp {
    ($name:ident: $net:ty; $($subject:ident: { $($behaviour:ident,)+ })+) => {
        mod $name {
            $(mod $subject {
                $(#[test]
                fn $behaviour() {
                    crate::nets::perform::<$net>(crate::$subject::$behaviour);
                })+
            })+
        }
    };
}

on_every_net! {
    order: {
        a_link_is_made_then_fed_then_lost_on_both_sides,
        the_server_may_speak_first,
        both_sides_may_speak_at_once,
        nothing_is_heard_after_lose_connection,
        the_id_is_known_before_the_link_is_made,
        ids_are_never_used_again,
    }
    streams: {
        one_byte_is_echoed,
        bytes_in_odd_writes_are_echoed,
        megabytes_are_echoed_under_pressure,
        both_directions_carry_bytes_at_once,
        a_relay_carries_bytes_both_ways,
        two_hundred_links_live_at_once,
    }
    half_close: {
        a_reply_follows_the_end_of_the_question,
        the_server_may_close_its_side_first,
        a_link_is_over_once_both_sides_are_closed,
        nothing_is_taken_after_lose_write,
        the_end_closes_the_link_unless_overridden,
    }
    ends: {
        lose_connection_delivers_everything_before,
        a_reader_that_paused_still_gets_everything,
        last_words_reach_a_peer_that_is_still_sending,
        who_closes_first_hears_closed_and_the_other_peer_closed,
        both_sides_may_close_at_once,
        nothing_is_taken_after_lose_connection,
        an_abort_is_told_once_on_each_side,
        what_an_abort_did_not_send_is_lost,
        an_abort_with_unread_bytes_resets_the_peer,
        the_last_bytes_must_be_read_in_time,
    }
    dialling: {
        a_refused_connection_fails_and_nothing_else_is_heard,
        a_connection_that_is_never_answered_times_out,
        a_connection_on_its_way_can_be_given_up,
        a_name_is_looked_up,
        an_unknown_name_is_unresolved,
        a_name_may_be_looked_up_without_dialling,
        a_callback_may_dial,
    }
    peers: {
        another_link_is_written_to_by_its_id,
        a_link_not_made_yet_is_gone,
        a_lost_link_is_gone,
        a_full_outbox_takes_nothing_and_harms_nobody,
        another_link_is_closed_by_its_id,
    }
    reading: {
        a_paused_link_hears_nothing_and_then_everything,
        resumed_is_told_before_newer_bytes,
        a_reader_that_stops_and_goes_loses_nothing,
        the_end_waits_for_a_paused_reader,
    }
    pressure: {
        a_reader_that_pauses_presses_the_writer,
        a_writer_that_heeds_the_pressure_holds_little,
        one_write_too_large_ends_the_link,
        a_reader_that_never_reads_ends_the_link_of_a_heedless_writer,
    }
    patience: {
        silence_ends_a_link_with_an_idle_timeout,
        an_idle_timeout_can_be_taken_back,
        a_deadline_strikes_whatever_is_heard,
    }
    timers: {
        timers_run_in_the_order_of_their_deadlines,
        timers_of_one_deadline_run_in_the_order_of_their_making,
        a_cancelled_timer_does_not_run,
        the_timers_of_a_link_end_with_it,
        a_timer_of_the_application_outlives_every_link,
    }
    answers: {
        a_call_reaches_another_link,
        a_call_on_a_lost_link_is_dropped,
        a_reply_comes_back_to_the_link_that_asked,
        a_reply_to_a_lost_link_is_dropped,
        a_reply_comes_back_to_the_application,
        deferred_work_brings_its_value,
        deferred_work_for_a_lost_link_is_dropped,
    }
    ports: {
        the_factory_hears_where_it_listens,
        an_address_in_use_is_an_error_for_caller_and_factory,
        an_address_in_use_is_told_to_the_factory_alone_when_a_callback_listens,
        a_closed_port_refuses_newcomers_and_spares_old_links,
        a_closed_port_can_be_opened_again,
        who_is_declined_sees_an_end,
        who_exceeds_the_limit_of_links_is_refused,
        nobody_waits_for_ever_where_few_are_accepted_per_turn,
    }
    stops: {
        a_stop_closes_ports_and_links,
        a_stop_waits_for_last_words,
        a_stop_cuts_off_who_does_not_end,
        a_stop_cancels_what_is_on_its_way,
        nothing_is_dialled_or_opened_during_a_stop,
    }
    signals: {
        an_interrupt_stops,
        a_termination_stops,
        a_second_signal_cuts_off_at_once,
        a_hangup_is_told_and_changes_nothing,
    }
    randomness: {
        equal_seeds_draw_equal_numbers,
        links_draw_from_the_seed_of_their_reactor,
    }
}
