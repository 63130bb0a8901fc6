//! Scenarios with a Rust client. Arguments: name server, apache|pocketmq, wanted names with commas.
//! Prints a line for each, `SCENARIO name OK|FAIL ms`, what went wrong indented under it.
#![recursion_limit = "512"]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rocketmq_client_rust::{
    ClientResult, ClientRuntime, ClientRuntimeConfig, ConsumeConcurrentlyContext,
    ConsumeConcurrentlyStatus, DefaultMQProducer, DefaultMQPushConsumer, MQPushConsumer,
    MessageListenerConcurrently, MessageSelector,
};
use rocketmq_model::common::message::message_ext::MessageExt;
use rocketmq_model::common::message::message_single::Message;
use rocketmq_observability::TelemetryRuntimeGuard;
use rocketmq_runtime::RuntimeOwner;

type Outcome = Result<(), Box<dyn std::error::Error>>;

struct Site {
    runtime: Arc<ClientRuntime>,
    name_server: String,
    name: String,
}

/// What a consumer subscribes to. (Several tags bring this client nothing from Apache's broker.)
enum Filter {
    Tags(&'static str),
    Sql(&'static str),
}

/// What a consumer got.
#[derive(Clone, Default)]
struct Gathered {
    bodies: Arc<Mutex<Vec<String>>>,
    /// Does each message fail at its first try?
    fails_once: bool,
}

impl MessageListenerConcurrently for Gathered {
    fn consume_message(
        &self,
        messages: &[&MessageExt],
        _context: &ConsumeConcurrentlyContext,
    ) -> ClientResult<ConsumeConcurrentlyStatus> {
        if self.fails_once && messages.iter().any(|one| one.reconsume_times() == 0) {
            return Ok(ConsumeConcurrentlyStatus::ReconsumeLater);
        }
        let mut bodies = self.bodies.lock().unwrap();
        for one in messages {
            let body = one.body().unwrap_or_default();
            bodies.push(String::from_utf8_lossy(&body).into_owned());
        }
        Ok(ConsumeConcurrentlyStatus::ConsumeSuccess)
    }
}

impl Gathered {
    async fn expect(&self, expected: &BTreeSet<String>) -> Outcome {
        let end = Instant::now() + Duration::from_secs(40);
        while self.bodies.lock().unwrap().len() < expected.len() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let bodies = self.bodies.lock().unwrap();
        let found: BTreeSet<String> = bodies.iter().cloned().collect();
        if bodies.len() == expected.len() && found == *expected {
            return Ok(());
        }
        Err(format!("expected {} messages, found {:?}", expected.len(), bodies).into())
    }
}

impl Site {
    fn topic(&self) -> String {
        format!("rust_topic_{}", self.name)
    }

    async fn producer(&self) -> Result<DefaultMQProducer, Box<dyn std::error::Error>> {
        let mut producer = DefaultMQProducer::builder(self.runtime.clone())
            .producer_group(format!("rust_producer_{}", self.name))
            .name_server_addr(self.name_server.clone())
            .build();
        producer.start().await?;
        Ok(producer)
    }

    /// Sends 30 messages, three tags in turn, with the property `a`; gives the wanted bodies.
    async fn send(
        &self,
        padding: usize,
        wants: fn(usize) -> bool,
    ) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
        let mut producer = self.producer().await?;
        let mut wanted = BTreeSet::new();
        for i in 0..30 {
            let body = format!("message {i}{}", " ".repeat(padding));
            let message = Message::builder()
                .topic(self.topic())
                .tags(["TagA", "TagB", "TagC"][i % 3])
                .keys(vec![format!("key{i}")])
                .raw_property("a", i.to_string())?
                .body_slice(body.as_bytes())
                .build_unchecked();
            let sent = producer.send_with_timeout(message, 10_000).await?;
            if !format!("{sent:?}").contains("SendOk") {
                return Err(format!("not stored: {sent:?}").into());
            }
            if wants(i) {
                wanted.insert(body);
            }
        }
        producer.shutdown().await;
        Ok(wanted)
    }

    /// Sends two batches of three, and a message; gives their bodies.
    async fn send_together(&self) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
        let mut producer = self.producer().await?;
        let mut bodies = BTreeSet::new();
        for round in ["first", "second"] {
            let mut batch = Vec::new();
            for i in 0..3 {
                let body = format!("{round} {i}");
                let message = Message::builder().topic(self.topic()).tags("TagA");
                batch.push(message.body_slice(body.as_bytes()).build_unchecked());
                bodies.insert(body);
            }
            let sent = producer.send_batch_with_timeout(batch, 10_000).await?;
            if !format!("{sent:?}").contains("SendOk") {
                return Err(format!("not stored: {sent:?}").into());
            }
        }
        producer.shutdown().await;
        Ok(bodies)
    }

    async fn receive(&self, filter: Filter, expected: &BTreeSet<String>) -> Outcome {
        self.receive_in(Gathered::default(), filter, expected).await
    }

    async fn receive_in(
        &self,
        gathered: Gathered,
        filter: Filter,
        expected: &BTreeSet<String>,
    ) -> Outcome {
        let mut consumer = DefaultMQPushConsumer::builder(self.runtime.clone())
            .consumer_group(format!("rust_group_{}", self.name))
            .name_server_addr(self.name_server.clone())
            .build();
        match filter {
            Filter::Tags(tags) => consumer.subscribe(self.topic(), tags).await?,
            Filter::Sql(sql) => {
                let selector = MessageSelector::by_sql(sql);
                consumer
                    .subscribe_with_selector(&self.topic(), Some(selector))
                    .await?
            }
        }
        consumer.register_message_listener_concurrently(gathered.clone());
        consumer.start().await?;
        let outcome = gathered.expect(expected).await;
        consumer.shutdown().await;
        outcome
    }

    async fn play(&self) -> Outcome {
        match self.name.as_str() {
            "quick-start" => {
                let sent = self.send(0, |_| true).await?;
                self.receive(Filter::Tags("*"), &sent).await
            }
            "sql" => {
                let sent = self.send(0, |i| i % 3 < 2 && i > 20).await?;
                let sql = "a > 20 AND TAGS IN ('TagA', 'TagB')";
                self.receive(Filter::Sql(sql), &sent).await
            }
            "compressed" => {
                let sent = self.send(20_000, |i| i > 20).await?;
                self.receive(Filter::Sql("a > 20"), &sent).await
            }
            "batch" => {
                let sent = self.send_together().await?;
                self.receive(Filter::Tags("*"), &sent).await
            }
            "batched-topic" => {
                let sent = self.send_together().await?;
                self.receive(Filter::Tags("*"), &sent).await
            }
            "retry" => {
                let sent = self.send(0, |_| true).await?;
                let failing = Gathered {
                    fails_once: true,
                    ..Gathered::default()
                };
                self.receive_in(failing, Filter::Tags("*"), &sent).await
            }
            other => Err(format!("no scenario {other}").into()),
        }
    }
}

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().collect();
    let owner = RuntimeOwner::new()?;
    let telemetry = TelemetryRuntimeGuard::noop();
    let runtime = ClientRuntime::try_new(
        owner.root_context().component("compat"),
        ClientRuntimeConfig::default(),
        telemetry.handle(),
    )?;
    for name in arguments[3].split(',') {
        let (name_server, name) = (arguments[1].clone(), name.to_string());
        let site = Site {
            runtime: runtime.clone(),
            name_server,
            name,
        };
        let began = Instant::now();
        let outcome = owner.block_on(site.play());
        let ms = began.elapsed().as_millis();
        match outcome {
            Ok(()) => println!("SCENARIO {} OK {ms}", site.name),
            Err(failure) => println!("SCENARIO {} FAIL {ms}\n  {failure}", site.name),
        }
    }
    std::process::exit(0);
}
