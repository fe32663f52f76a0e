//! The agent against servers that others have written, each started by the test that needs it.
//!
//! A server that is not installed is passed over, and the test says so; with `REAL_SERVERS=1` it fails
//! instead. `.ci/run` sets that. (The name does not begin with `HERD_`: the herd would take it for one of
//! its own variables.)

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod behaviours;
mod client;
mod folder;
mod process;
mod site;
mod tool;

/// Makes a test of every behaviour of a server, such as `nginx::pages_arrive_whole`.
macro_rules! on {
    ($server:ident: $($behaviour:ident),+ $(,)?) => {
        mod $server {
            $(
                #[test]
                fn $behaviour() {
                    let Some(site) = crate::site::$server(crate::folder::NAMES) else { return };
                    crate::behaviours::$behaviour(&site);
                }
            )+
        }
    };
}

on! { nginx:
    pages_arrive_whole, a_missing_page_is_an_answer, a_redirection_is_not_followed,
    a_page_that_has_not_changed_is_not_sent, a_head_has_no_body, no_content_has_no_body,
    chunks_arrive_whole, a_connection_carries_the_next_request, a_last_answer_ends_its_connection,
    a_session_of_tls_is_resumed, a_server_of_an_unknown_authority_is_told_nothing,
}
on! { apache:
    pages_arrive_whole, a_missing_page_is_an_answer, a_redirection_is_not_followed,
    a_page_that_has_not_changed_is_not_sent, a_head_has_no_body, no_content_has_no_body,
    chunks_arrive_whole, a_connection_carries_the_next_request, a_last_answer_ends_its_connection,
    a_session_of_tls_is_resumed, a_server_of_an_unknown_authority_is_told_nothing,
}
on! { node:
    pages_arrive_whole, a_missing_page_is_an_answer, a_redirection_is_not_followed,
    a_page_that_has_not_changed_is_not_sent, a_head_has_no_body, no_content_has_no_body,
    chunks_arrive_whole, a_connection_carries_the_next_request, a_last_answer_ends_its_connection,
    a_session_of_tls_is_resumed, a_server_of_an_unknown_authority_is_told_nothing,
    a_body_goes_on_until_the_close, a_connection_that_was_closed_is_replaced,
    a_request_that_goes_unheard_is_sent_again, a_body_that_is_cut_off_is_an_error,
    an_interim_answer_is_passed_over, what_is_posted_arrives,
}
on! { python:
    pages_arrive_whole, a_missing_page_is_an_answer, a_redirection_is_not_followed,
    a_page_that_has_not_changed_is_not_sent, a_head_has_no_body, a_connection_carries_the_next_request,
}
on! { python_of_old:
    pages_arrive_whole, a_missing_page_is_an_answer, a_redirection_is_not_followed,
    a_page_that_has_not_changed_is_not_sent, a_head_has_no_body, a_last_answer_ends_its_connection,
}

/// A real server that is somebody else.
mod another_name {
    use crate::behaviours::a_server_of_another_name_is_told_nothing;
    use crate::site;

    const NAMES: &[&str] = &["other.test", "127.0.0.3"];

    #[test]
    fn of_nginx_is_refused() {
        let Some(site) = site::nginx(NAMES) else { return };
        a_server_of_another_name_is_told_nothing(&site);
    }

    #[test]
    fn of_apache_is_refused() {
        let Some(site) = site::apache(NAMES) else { return };
        a_server_of_another_name_is_told_nothing(&site);
    }
}
