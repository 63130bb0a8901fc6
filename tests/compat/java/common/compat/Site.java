package compat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/** Where a scenario runs, with names of its own; closes every client that it handed out. */
final class Site implements AutoCloseable {
  final String nameServer;
  /** The name server of a broker that creates no topics by itself. */
  final String strictNameServer;
  final boolean isApache;
  final String topic;
  final String group;
  private final Deque<Runnable> closers = new ArrayDeque<>();

  Site(String nameServer, String strictNameServer, boolean isApache, String name) {
    this.nameServer = nameServer;
    this.strictNameServer = strictNameServer;
    this.isApache = isApache;
    this.topic = "topic_" + name;
    this.group = "group_" + name;
  }

  DefaultMQProducer producer() throws Exception {
    return producer(nameServer);
  }

  DefaultMQProducer producer(String server) throws Exception {
    DefaultMQProducer producer = new DefaultMQProducer(group + "_producer");
    producer.setNamesrvAddr(server);
    producer.setSendMsgTimeout(10_000);
    start(producer);
    return producer;
  }

  /** One more, of a group of its own. */
  DefaultMQProducer another(String role) throws Exception {
    DefaultMQProducer producer = new DefaultMQProducer(group + "_" + role);
    producer.setNamesrvAddr(nameServer);
    start(producer);
    return producer;
  }

  /** A producer, and the topic with so many queues. */
  DefaultMQProducer producerTo(int queues) throws Exception {
    DefaultMQProducer producer = producer();
    create(producer, queues);
    return producer;
  }

  void start(DefaultMQProducer producer) throws Exception {
    producer.start();
    closers.push(producer::shutdown);
  }

  /** Is run at the end. */
  void closing(Runnable closer) {
    closers.push(closer);
  }

  /**
   * A push consumer from the first offset on, not yet started. Its heartbeats are frequent: a client
   * of 5.x that rebalances while a heartbeat is under way tells its new subscription version only
   * with the next one, and is refused (25) until then.
   */
  DefaultMQPushConsumer push(String expression, MessageListenerConcurrently listener)
      throws Exception {
    DefaultMQPushConsumer consumer = consumer();
    consumer.subscribe(topic, expression);
    consumer.registerMessageListener(listener);
    return consumer;
  }

  /** The same without a subscription and a listener. */
  DefaultMQPushConsumer consumer() {
    DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
    consumer.setNamesrvAddr(nameServer);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.setHeartbeatBrokerInterval(2000);
    closers.push(consumer::shutdown);
    return consumer;
  }

  Collector collect(String expression) throws Exception {
    Collector collector = new Collector();
    push(expression, collector).start();
    return collector;
  }

  /** What is in another topic, which may come to be only later; read by a group of its own. */
  Collector readerOf(String other) throws Exception {
    Collector collector = new Collector();
    DefaultMQPushConsumer reader = new DefaultMQPushConsumer(group + "_reader");
    reader.setNamesrvAddr(nameServer);
    reader.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    reader.setHeartbeatBrokerInterval(1000);
    reader.setPollNameServerInterval(1000);
    reader.subscribe(other, "*");
    reader.registerMessageListener(collector);
    closers.push(reader::shutdown);
    reader.start();
    return collector;
  }

  DefaultLitePullConsumer lite() {
    DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(group);
    consumer.setNamesrvAddr(nameServer);
    consumer.setAutoCommit(false);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    closers.push(consumer::shutdown);
    return consumer;
  }

  Message message(String tag, String body) {
    return new Message(topic, tag, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends `count` messages one by one; every one must be stored. */
  Set<String> send(DefaultMQProducer producer, String prefix, int count) throws Exception {
    Set<String> bodies = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      String body = prefix + i;
      stored(producer.send(message("TagA", body)));
      bodies.add(body);
    }
    return bodies;
  }

  static SendResult stored(SendResult result) {
    Check.same("status of " + result, SendStatus.SEND_OK, result.getSendStatus());
    return result;
  }

  /** Creates the topic and waits until clients can find it. */
  List<MessageQueue> create(DefaultMQProducer producer, int queues) throws Exception {
    Version.createTopic(producer, topic, queues);
    List<MessageQueue> found = new ArrayList<>();
    Check.until(10_000, () -> "queues of the new topic: " + found, () -> {
      try {
        found.clear();
        found.addAll(producer.fetchPublishMessageQueues(topic));
      } catch (Exception notYet) {
        return false;
      }
      return found.size() == queues;
    });
    found.sort(null);
    return found;
  }

  @Override
  public void close() {
    while (!closers.isEmpty()) closers.pop().run();
  }
}
